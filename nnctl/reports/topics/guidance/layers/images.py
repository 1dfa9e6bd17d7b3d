"""Advice on layers for images."""

from nnctl.reports.topics.guide import Guide

GUIDES = {
    "AveragePooling2D": Guide(
        use="To make an image smaller, keeping the mean of each window, where all of it counts.",
        avoid="In classification the largest value of a window usually tells more: use MaxPooling2D.",
        see=("MaxPooling2D", "GlobalAveragePooling2D", "Conv2D"),
        formula=("y[i, j, c] = mean of x over the window at (i, j), channel by channel",),
    ),
    "Conv2D": Guide(
        use=(
            "For images: it finds edges, textures and shapes wherever they are, with few weights. The usual block "
            "is Conv2D, Conv2D, MaxPooling2D, with twice as many filters after each pooling."
        ),
        avoid="For tables, whose columns have no neighbors: use Dense. For sequences use Conv1D.",
        see=("MaxPooling2D", "Flatten", "BatchNormalization", "SeparableConv2D", "tensor shapes"),
        formula=("y[i, j, f] = activation(sum over a, b, c of x[i + a, j + b, c] W[a, b, c, f] + bias[f])",),
    ),
    "Conv2DTranspose": Guide(
        use="To make images larger again, as in autoencoders and in networks that label every pixel.",
        avoid="Where checkerboard patterns in the output disturb: UpSampling2D followed by Conv2D avoids them.",
        see=("UpSampling2D", "Conv2D"),
        formula=("y[i strides + a, j strides + b, f] += sum over c of x[i, j, c] W[a, b, f, c]",),
    ),
    "Cropping2D": Guide(
        use="To cut off a border without information, or so that two branches have the same size.",
        avoid="To resize images: use dataset.image.size.",
        see=("ZeroPadding2D", "Conv2D"),
        formula=("y = x[top : height - bottom, left : width - right]",),
    ),
    "DepthwiseConv2D": Guide(
        use=(
            "In small networks for images, before a Conv2D with kernel_size 1: together they need a fraction of the"
            " weights of an ordinary convolution."
        ),
        avoid="Where channels must be combined: use Conv2D or SeparableConv2D.",
        see=("SeparableConv2D", "Conv2D"),
        formula=("y[i, j, c] = activation(sum over a, b of x[i + a, j + b, c] W[a, b, c] + bias[c])",),
    ),
    "GlobalAveragePooling2D": Guide(
        use=(
            "After the last convolution in place of Flatten: one number for each channel, so that Dense needs few "
            "weights and images may have any size."
        ),
        avoid="Where the place in the image matters, as for the position of an object: use Flatten.",
        see=("GlobalMaxPooling2D", "Flatten", "Conv2D"),
        formula=("y[c] = mean of x[i, j, c] over i and j",),
    ),
    "GlobalMaxPooling2D": Guide(
        use="To find out whether a pattern occurs anywhere in an image, after Conv2D.",
        avoid="Where it counts how much of the image shows it: use GlobalAveragePooling2D.",
        see=("GlobalAveragePooling2D", "Conv2D"),
        formula=("y[c] = max of x[i, j, c] over i and j",),
    ),
    "MaxPooling2D": Guide(
        use=(
            "Between convolutions: it halves height and width, keeps the strongest signal of each window, and makes"
            " the answer less dependent on exact positions."
        ),
        avoid=("Where exact positions matter, as for labels of every pixel: use strides in Conv2D, or no pooling."),
        see=("Conv2D", "AveragePooling2D", "GlobalMaxPooling2D"),
        formula=("y[i, j, c] = max of x over the window at (i, j), channel by channel",),
    ),
    "RandomBrightness": Guide(
        use="Against overfitting on photos that are taken in different light; only in training.",
        avoid="Where brightness itself is the signal, as in measurements.",
        see=("RandomContrast", "RandomFlip", "overfitting"),
        formula=("y = x + f (high - low)",),
    ),
    "RandomContrast": Guide(
        use="Against overfitting on photos that are taken in different light; only in training.",
        avoid="Where contrast itself is the signal, as in measurements.",
        see=("RandomBrightness", "RandomFlip", "overfitting"),
    ),
    "RandomFlip": Guide(
        use="Against overfitting on images in which left and right mean the same, such as photos of animals.",
        avoid="For digits, letters and everything whose mirror image means something else.",
        see=("RandomRotation", "RandomTranslation", "overfitting"),
        formula=("y[i, j] = x[i, width - 1 - j] with probability 1/2, else x[i, j]",),
    ),
    "RandomRotation": Guide(
        use="Against overfitting on images that may be tilted, such as microscope images and scans.",
        avoid="With large angles for digits: a 6 becomes a 9.",
        see=("RandomFlip", "RandomZoom", "overfitting"),
        formula=("y(p) = x(R(-angle) p), angle random between -2 pi factor and 2 pi factor",),
    ),
    "RandomTranslation": Guide(
        use="Against overfitting on images whose object is not always in the center.",
        avoid="Where the position is what should be predicted.",
        see=("RandomZoom", "RandomRotation", "overfitting"),
        formula=("y[i, j] = x[i - a, j - b], a and b random",),
    ),
    "RandomZoom": Guide(
        use="Against overfitting on images whose object is not always of the same size.",
        avoid="Where the size is what should be predicted.",
        see=("RandomTranslation", "RandomRotation", "overfitting"),
        formula=("y(p) = x(center + zoom (p - center)), zoom random",),
    ),
    "SeparableConv2D": Guide(
        use=("As Conv2D, with far fewer weights and multiplications for many channels, as in networks for phones."),
        avoid="As the first layer, where images have only 1 or 3 channels: use Conv2D.",
        see=("Conv2D", "DepthwiseConv2D"),
        formula=("y = activation(depthwise(x) W + b)",),
    ),
    "SpatialDropout2D": Guide(
        use=(
            "Against overfitting between convolutions: neighboring pixels are so alike that dropping single numbers"
            " would hide nothing."
        ),
        avoid="After Dense: use Dropout.",
        see=("Dropout", "Conv2D", "overfitting"),
        formula=("y[i, j, c] = x[i, j, c] m[c] / (1 - rate), m[c] = 0 with probability rate, else 1",),
    ),
    "UpSampling2D": Guide(
        use=("To make images larger, followed by Conv2D, as in autoencoders and in networks that label every pixel."),
        avoid="Where the model should learn how to fill in: use Conv2DTranspose.",
        see=("Conv2DTranspose", "MaxPooling2D"),
        formula=("y[i, j] = x[floor(i / size), floor(j / size)]",),
    ),
    "ZeroPadding2D": Guide(
        use=("To make room around an image before a layer that shrinks it, where the two sides need different widths."),
        avoid="Around a convolution: padding: same says it in one word.",
        see=("Cropping2D", "Conv2D"),
        formula=("y[i, j] = x[i - top, j - left] inside, 0 outside",),
    ),
}
