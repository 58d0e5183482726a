# SPDX-License-Identifier: GPL-2.0
"""Sphinx: the documents as HTML, with the kernel's own extension for kernel-doc.

"make docs" sets VFIO_CCW_KERNEL_SOURCE, where that extension and the script
behind it are.
"""

import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(HERE)
KERNEL = os.environ['VFIO_CCW_KERNEL_SOURCE']
sys.path.insert(0, os.path.join(KERNEL, 'Documentation', 'sphinx'))

project = 'vfio-ccw'
copyright = 'the vfio-ccw maintainers, GPL-2.0'  # noqa: A001
with open(os.path.join(TOP, 'debian', 'changelog')) as changelog:
    release = re.search(r'\((.*?)\)', changelog.readline()).group(1)
version = release

extensions = ['kerneldoc', 'kfigure']
kerneldoc_bin = os.path.join(KERNEL, 'scripts', 'kernel-doc')
kerneldoc_srctree = TOP
kerneldoc_verbosity = 1

# What sparse sees in parameters
c_id_attributes = ['__user']

root_doc = 'index'
# Parts of performance.rst and state-machine.rst
exclude_patterns = ['fsm-table.rst', 'performance-*.rst']
highlight_language = 'none'
html_theme = 'alabaster'
html_theme_options = {'page_width': '70em', 'fixed_sidebar': True}
