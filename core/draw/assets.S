/* SPDX-License-Identifier: MIT */
/* The scripts of the pictures, each followed by a zero. */
#include "base/asset.h"

    .section .rodata
ASSET(draw_style_gp, "core/draw/style.gp")
ASSET(draw_loss_gp, "core/draw/loss.gp")
ASSET(draw_boundary_gp, "core/draw/boundary.gp")
ASSET(draw_policy_gp, "core/draw/policy.gp")
ASSET(draw_confusion_gp, "core/draw/confusion.gp")
ASSET(draw_mistakes_gp, "core/draw/mistakes.gp")
ASSET(draw_plot_gp, "core/draw/plot.gp")
ASSET(draw_samples_gp, "core/draw/samples.gp")
ASSET(draw_text_gp, "core/draw/text.gp")
    .section .note.GNU-stack, "", %progbits
