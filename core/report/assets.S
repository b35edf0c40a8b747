/* SPDX-License-Identifier: MIT */
/* The files of the page, each followed by a zero. */
#include "base/asset.h"

    .section .rodata
ASSET(report_page_html, "core/report/page.html")
ASSET(report_page_css, "core/report/page.css")
ASSET(report_groups_js, "core/report/groups.js")
ASSET(report_page_js, "core/report/page.js")
ASSET(report_uplot_license, "core/report/uplot/LICENSE")
ASSET(report_uplot_css, "core/report/uplot/uPlot.min.css")
ASSET(report_uplot_js, "core/report/uplot/uPlot.iife.min.js")
    .section .note.GNU-stack, "", %progbits
