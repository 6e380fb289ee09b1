"""Sphinx settings. Everything is built from this checkout, without a network."""

import sys
from pathlib import Path

import openldn

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / "_ext"), str(HERE.parent)]  # benchmarks stands outside the package

project = "OpenLDN"
author = "The OpenLDN founders"
project_copyright = "2026, The OpenLDN founders"
version = release = openldn.__version__

extensions = ["myst_parser", "openldn_docs"]
exclude_patterns = ["_build"]
nitpicky = True
smartquotes = False  # quotation marks are part of messages and examples

html_theme = "alabaster"
html_theme_options = {
    "description": "An executable account of low-dose naltrexone",
    "page_width": "1180px",
    "sidebar_width": "210px",
    "show_powered_by": False,
    "font_family": "system-ui, sans-serif",
    "head_font_family": "system-ui, sans-serif",
}
html_static_path = ["_static"]
html_css_files = ["openldn.css"]
html_copy_source = False
html_show_sphinx = False
