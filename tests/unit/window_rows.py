"""Constraints of Vela with a model on either side: windows, strides and resizing."""

from __future__ import annotations

from constraint_row import U55, U85, Row
from operator_models import conv, depthwise, pool, resize, softmax, transposed

WINDOW_ROWS = (
    Row("The product of IFM width and height", lambda: softmax(65536, 2), lambda: softmax(65537, 2)),
    Row("Kernel stride must be in the range", lambda: depthwise(9, 3, 3), lambda: depthwise(8, 2, 4), (U55,)),
    Row(
        "Stride>3 is only supported",
        lambda: conv(8, 2, stride=4, padding=1),
        lambda: conv(9, 3, stride=4, padding=0),
        (U55,),
    ),
    Row(
        "Kernel constraints",
        lambda: pool("AVERAGE_POOL_2D", (16, 16), (9, 9), (8, 8), (1, 1)),
        lambda: pool("AVERAGE_POOL_2D", (16, 16), (9, 9), (16, 16), (0, 1)),
    ),
    Row(
        "kernel product must be",
        lambda: pool("MAX_POOL_2D", (256, 4), (256, 1), (1, 4), (1, 1)),
        lambda: pool("MAX_POOL_2D", (257, 4), (257, 1), (1, 4), (1, 1)),
    ),
    Row(
        "IF not (IFM H == IFM W == 1)",
        lambda: resize("BILINEAR", (4, 4), (8, 8), half=True),
        lambda: resize("BILINEAR", (4, 4), (16, 16), half=True),
        (U55,),
    ),
    Row(
        "IF NOT (IFM H == IFM W == 1)",
        lambda: resize("NEAREST", (4, 4), (32, 32)),
        lambda: resize("NEAREST", (4, 4), (12, 12)),
        (U55,),
    ),
    Row(
        "align_corners and half_pixel_centers",
        lambda: resize("BILINEAR", (4, 4), (7, 7), align=True),
        lambda: resize("BILINEAR", (4, 4), (7, 7), align=True, half=True),
        (U85,),
    ),
    Row(
        "Scale-factor:",
        lambda: resize("NEAREST", (2, 2), (2048, 4)),
        lambda: resize("NEAREST", (2, 2), (4096, 4)),
        (U85,),
    ),
    Row(
        "Scale-factor must be an integer power",
        lambda: resize("BILINEAR", (4, 4), (64, 64)),
        lambda: resize("BILINEAR", (4, 4), (12, 12)),
        (U85,),
    ),
    Row(
        "Shape constraints",
        lambda: transposed((4, 4), (3, 3), (2, 2), (9, 9), 1),
        lambda: transposed((4, 4), (3, 3), (2, 2), (8, 8), 1),
    ),
    Row(
        "Stride values WxH",
        lambda: transposed((1, 4), (1, 3), (1, 2), (1, 8), 0),
        lambda: transposed((4, 4), (3, 3), (1, 2), (4, 8), 0),
        (U55,),
    ),
)
