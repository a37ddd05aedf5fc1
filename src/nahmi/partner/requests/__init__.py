# SPDX-License-Identifier: Apache-2.0
"""Requests from node to node, signed as RFC 9421 says, with the digest of RFC 9530.

head        what is signed of a request, and the text that the signature is over
fields      the header fields Signature-Input, Signature and Content-Digest
signing     the headers that a request is sent with
verifying   who sent a request, and whether it is fresh, whole and meant for this node
nonces      where it is noted that a request was served, so that it is served once
"""
