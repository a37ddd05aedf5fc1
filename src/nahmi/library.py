# SPDX-License-Identifier: Apache-2.0
"""The library in two names: fingerprint something, and keep a bank to match it against."""

import atexit
import io
from functools import cache
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nahmi import bootstrap, kernels
from nahmi.core.bank import Category
from nahmi.core.match import MatchAnswer
from nahmi.core.signal import ContentFingerprints, Fingerprint
from nahmi.errors import ErrorCode, MediaError, ShapeError, StoreError
from nahmi.media import SandboxedFingerprinter
from nahmi.protect.enrolment import Attribution
from nahmi.protect.plan import FingerprintPlan, Mode
from nahmi.protect.ports import BankDraft
from nahmi.protect.signals.pdq import is_usable

Content = str | Path | bytes
"""A file's path, or its bytes."""


@cache
def _fingerprinter() -> SandboxedFingerprinter:
    """One worker for all calls, ended with the process."""
    fingerprinter = bootstrap.make_fingerprinter(workers=1)
    atexit.register(fingerprinter.close)
    return fingerprinter


def fingerprint(
    content: Content | NDArray[np.uint8], *, variants: bool = False, fast: bool = False
) -> ContentFingerprints:
    """Fingerprints of a file, of its bytes, or of pixels.

    Files are decoded in a sandboxed process; pixels that are in memory already are hashed there.

    Args:
        content: A path, bytes, or pixels (height, width, 3) or (height, width) uint8.
        variants: Also the picture turned, mirrored and without its borders, for queries.
        fast: Decode JPEG at reduced scale: for queries, never for banks.

    Raises:
        MediaError: The file cannot be read or decoded within its limits.
        ShapeError: The pixels have another shape or type.

    Example:
        >>> import numpy as np
        >>> from nahmi import fingerprint
        >>> y, x = np.mgrid[0:300, 0:400]
        >>> pixels = (127 + 60 * np.sin(x / 21) + 60 * np.sin(x * y / 7000)).astype(np.uint8)
        >>> result = fingerprint(pixels)
        >>> [(f.signal_type, f.quality, len(f.value)) for f in result.fingerprints]
        [('pdq', 100, 64)]
    """
    if isinstance(content, np.ndarray):
        return _of_pixels(content)
    plan = FingerprintPlan(
        mode=Mode.FAST if fast else Mode.EXACT, orientations=variants, trims=variants
    )
    return _fingerprinter().fingerprint(_stream(content), plan)


def _of_pixels(pixels: NDArray[np.uint8]) -> ContentFingerprints:
    try:
        value, quality = kernels.pdq(np.ascontiguousarray(pixels))
    except (TypeError, ValueError) as error:
        raise ShapeError(
            ErrorCode.SHAPE_INVALID,
            "Pixels must be an array (height, width, 3) or (height, width) of uint8.",
        ) from error
    found = Fingerprint("pdq", value.hex(), quality)
    return ContentFingerprints(
        media_type="",
        width=pixels.shape[1],
        height=pixels.shape[0],
        frame_count=1,
        size_bytes=pixels.nbytes,
        fingerprints=(found,) if is_usable(quality) else (),
        unusable="" if is_usable(quality) else "The picture has too little detail.",
    )


def _stream(content: Content) -> bytes:
    if isinstance(content, bytes):
        return content
    try:
        return Path(content).read_bytes()
    except FileNotFoundError as error:
        raise MediaError(ErrorCode.FILE_MISSING, "There is no such file.") from error
    except OSError as error:
        raise MediaError(
            ErrorCode.FILE_UNREADABLE, f"The file could not be read ({error.strerror})."
        ) from error


class Bank:
    """A bank of pictures in a node's folder, to add to and to match against.

    Example:
        >>> import tempfile
        >>> from nahmi import Bank
        >>> from nahmi.testing.media import as_jpeg, scene
        >>> folder = tempfile.TemporaryDirectory()
        >>> with Bank.open(f"{folder.name}/node", "HOLIDAY") as bank:
        ...     _ = bank.add(as_jpeg(scene(1)), note="beach")
        ...     answer = bank.match(as_jpeg(scene(1), quality=40))
        ...     answer.verdict, answer.matches[0].bank.name, answer.matches[0].entry.draft.note
        (<Verdict.MATCH: 'match'>, 'HOLIDAY', 'beach')
        >>> folder.cleanup()
    """

    def __init__(self, node: bootstrap.Node, name: str) -> None:
        """Use `Bank.open`."""
        self._node = node
        self._name = name

    @classmethod
    def open(cls, node: str | Path, name: str, *, category: Category = Category.TEST) -> Self:
        """Open a bank; it and its node's folder are made when they are missing.

        Args:
            node: The node's folder.
            name: UPPER_SNAKE.
            category: Of its content, when it is made.

        Raises:
            StoreError: The folder cannot be used.
            InputError: NAME_INVALID.
        """
        folder = Path(node)
        opened = (
            bootstrap.open_node(folder)
            if folder.exists() and any(folder.iterdir())
            else bootstrap.init_node(folder)
        )
        try:
            opened.store.bank(name)
        except StoreError as error:
            if error.code != ErrorCode.BANK_MISSING:
                opened.close()
                raise
            opened.store.create_bank(BankDraft(name=name, category=category), now=bootstrap.now())
        return cls(opened, name)

    def add(self, content: Content, *, source: str = "", note: str = "") -> tuple[int, ...]:
        """Enrol a picture; it is matched from then on, by every process.

        Args:
            content: A path, or bytes.
            source: Who contributed it.
            note: Free text for curators.

        Returns:
            Ids of the new entries; none when the bank has it already.

        Raises:
            MediaError: It cannot be decoded, or it has too little detail to be recognised by.
            StoreError: The bank could not be changed.
        """
        enroller = self._node.enroller(_fingerprinter())
        bank = self._node.store.bank(self._name)
        provenance = "" if isinstance(content, bytes) else Path(content).name
        said = Attribution(source=source, provenance=provenance, note=note)
        prepared = enroller.prepare(io.BytesIO(_stream(content)), bank, said)
        enrolled = enroller.add(bank, prepared)
        self._node.catch_up()
        return enrolled.entry_ids

    def match(self, content: Content, *, variants: bool = True) -> MatchAnswer:
        """Have we seen this?

        Args:
            content: A path, or bytes.
            variants: Also look for it turned, mirrored or framed.

        Raises:
            MediaError: It cannot be decoded.
            StoreError: The bank cannot be read.
        """
        asked = fingerprint(content, variants=variants)
        return self._node.matcher().match([asked], banks=[self._name])[0]

    def __len__(self) -> int:
        """How many entries it has, digests included."""
        return self._node.store.count_entries(self._node.store.bank(self._name).bank_id)

    def close(self) -> None:
        """Close the node."""
        self._node.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
