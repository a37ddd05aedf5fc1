# SPDX-License-Identifier: Apache-2.0
"""The rules of TAXII 2.1 (OASIS Standard, 10 June 2021), without any HTTP.

collections  which collections a circle has
filters      what a request asks for
cursors      where the next page begins
media        which content types are understood
documents    the texts of answers that are no pages
"""
