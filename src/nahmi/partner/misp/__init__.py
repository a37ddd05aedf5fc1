# SPDX-License-Identifier: Apache-2.0
"""What circles hold as MISP events, and the attributes of MISP as what we could hold.

Events are plain dictionaries, ready to be written as JSON.
"""
