# SPDX-License-Identifier: Apache-2.0
"""The headers that a request from node to node is sent with."""

from typing import Final

from nahmi.partner.base64_texts import write_base64
from nahmi.partner.keys import SigningKey
from nahmi.partner.requests.fields import (
    SignatureInput,
    digest_of,
    write_digest,
    write_input,
)
from nahmi.partner.requests.head import RequestHead, signed_text

TAG: Final = "nahmi"
"""Says for what a signature was made, so that none made for something else passes."""

COVERED: Final = ("@method", "@authority", "@path", "@query", "content-digest")
"""What every signature covers. The scheme is left out: behind a proxy it is another one."""

LIFETIME_S: Final = 300
"""How long a signature is good, at most."""

_LABEL: Final = "sig"


def sign_request(
    key: SigningKey, head: RequestHead, body: bytes, *, nonce: str, now_s: int
) -> dict[str, str]:
    """The headers that are added to a request.

    Args:
        key: Of the node's organisation.
        head: As it will be sent; its headers need not be complete.
        body: As it will be sent, compressed if it is; empty when there is none.
        nonce: 128 bits or more from a cryptographic source, in base 64 for URLs; new for each try.
        now_s: The node's clock, seconds since 1970.

    Raises:
        AccessError: REQUEST_UNSIGNED: the head has other than ASCII characters.
    """
    digest = write_digest(digest_of(body))
    parameters: dict[str, int | str] = {
        "created": now_s,
        "expires": now_s + LIFETIME_S,
        "nonce": nonce,
        "keyid": key.public.kid,
        "tag": TAG,
    }
    over = SignatureInput(_LABEL, COVERED, parameters, write_input(COVERED, parameters))
    whole = RequestHead(
        method=head.method,
        authority=head.authority,
        target=head.target,
        headers=(("content-digest", digest),),
    )
    signature = key.sign_raw(signed_text(whole, over))
    return {
        "content-digest": digest,
        "signature-input": f"{_LABEL}={over.text}",
        "signature": f"{_LABEL}=:{write_base64(signature)}:",
    }
