"""What each attribution method is called, what it measures and what it does not, a sentence each.

Once for a character of a word, once for a class of a photograph.
"""

from __future__ import annotations

from typing import NamedTuple


class Words(NamedTuple):
    title: str
    measures: str
    does_not: str


SMOOTH_GRAD = Words(
    "SmoothGrad",
    "Measures the reaction to each pixel averaged over 16 noisy copies of the picture.",
    "It does not tell for from against here, and how much noise is added is a choice.",
)
OF_A_WORD = {
    "saliency": Words(
        "Saliency",
        "Measures how strongly the answer reacts to a tiny change of each pixel.",
        "It does not say what made the answer, only what would sway it, and is noisy.",
    ),
    "gradient_times_input": Words(
        "Gradient × input",
        "Measures each pixel's share in the answer if the network were a straight line from the background on.",
        "It does not hold for the bends on the way, and a pixel in the background's colour always gets zero.",
    ),
    "guided_backpropagation": Words(
        "Guided backpropagation",
        "Measures the gradient after every ReLU on its way back has stopped what speaks against the answer.",
        "It does not tell what speaks for from what speaks against: it mostly redraws the strokes looked at.",
    ),
    "smooth_grad": SMOOTH_GRAD,
    "integrated_gradients": Words(
        "Integrated gradients",
        "Measures each pixel's share in the answer on the way from an empty background to the picture; "
        "the shares add up to the whole difference.",
        "It does not see what is missing: where the picture equals the background the share is zero.",
    ),
    "grad_cam": Words(
        "Grad-CAM",
        "Measures which channels of a layer speak for the answer on the whole, and shows where these respond.",
        "It does not ask whether a channel matters at that place: like strokes elsewhere in the word light up too.",
    ),
    "grad_cam_plus_plus": Words(
        "Grad-CAM++",
        "Measures the same, with a channel's weight taken only from places that speak for the answer.",
        "It does not show what speaks against, and its weights still count for the whole word.",
    ),
    "layer_cam": Words(
        "LayerCAM",
        "Measures each place of each channel by its own gradient, so that like strokes elsewhere stay dark.",
        "It does not show what speaks against, nor anything finer than the layer's places.",
    ),
    "occlusion": Words(
        "Occlusion",
        "Measures how much of the answer is lost when a patch of the picture is covered, averaged over "
        "the patches at a place.",
        "It does not show finer than its patch, and misses what two places tell alike: covering one leaves the other.",
    ),
}
OF_A_PHOTOGRAPH = {
    "saliency": Words(
        "Saliency",
        "Measures how strongly the class's logit reacts to a tiny change of each pixel.",
        "It does not say what makes it this class, only what would sway it, and is noisy.",
    ),
    "gradient_times_input": Words(
        "Gradient × input",
        "Measures each pixel's share in the class's logit if the network were a straight line from the mean colour on.",
        "It does not hold for the bends on the way, and a pixel in that colour always gets zero.",
    ),
    "guided_backpropagation": Words(
        "Guided backpropagation",
        "Measures the gradient after every ReLU on its way back has stopped what speaks against the class.",
        "It does not tell what speaks for from what speaks against: it mostly redraws the edges looked at.",
    ),
    "smooth_grad": SMOOTH_GRAD,
    "integrated_gradients": Words(
        "Integrated gradients",
        "Measures each pixel's share in the class's logit on the way from the mean colour alone to the "
        "picture; the shares add up to the whole difference.",
        "It does not see what is missing: where the picture has that colour the share is zero.",
    ),
    "grad_cam": Words(
        "Grad-CAM",
        "Measures which channels of a layer speak for the class on the whole, and shows where these respond.",
        "It does not ask whether a channel matters at that place: like parts elsewhere in the photograph light up too.",
    ),
    "grad_cam_plus_plus": Words(
        "Grad-CAM++",
        "Measures the same, with a channel's weight taken only from places that speak for the class.",
        "It does not show what speaks against, and its weights still count for the whole photograph.",
    ),
    "layer_cam": Words(
        "LayerCAM",
        "Measures each place of each channel by its own gradient, so that like parts elsewhere stay dark.",
        "It does not show what speaks against, nor anything finer than the layer's places.",
    ),
    "occlusion": Words(
        "Occlusion",
        "Measures how much of the class's logit is lost when a patch of the picture is covered, averaged "
        "over the patches at a place.",
        "It does not show finer than its patch, and misses what two places tell alike: covering one leaves the other.",
    ),
    "score_cam": Words(
        "Score-CAM",
        "Measures how much of the class is left when the network sees only what one channel responds to, and adds up "
        "the channels by that.",
        "It does not show what speaks against the class, nor anything finer than the layer's {places} places.",
    ),
}
