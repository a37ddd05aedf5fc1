# SPDX-License-Identifier: Apache-2.0
"""What circles hold, as STIX 2.1 objects, and the objects of others as what circles could hold.

Objects are plain dictionaries, ready to be written as JSON.
"""
