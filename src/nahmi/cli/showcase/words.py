# SPDX-License-Identifier: Apache-2.0
"""What was done to the demo's copies, in Arabic."""

IN_ARABIC = {
    "saved again as JPEG, quality 40": "حُفظت من جديد بصيغة JPEG بجودة 40",
    "half the size": "صُغّرت إلى النصف",
    "in grey": "حُوّلت إلى الرمادي",
    "turned by 90°": "أُديرت 90 درجة",
    "mirrored": "قُلبت أفقيًا كالمرآة",
    "upside down": "قُلبت رأسًا على عقب",
    "black bars above and below": "أُضيف شريطان أسودان في الأعلى والأسفل",
    "white frame": "أُضيف إطار أبيض",
    "screenshot of a telephone": "لقطة شاشة من هاتف",
    "cropped by 2 % a side": "قُصّ 2 % من كل جانب",
    "cropped by 5 % a side": "قُصّ 5 % من كل جانب",
    "caption over the lower edge": "أُضيف نص فوق الحافة السفلى",
}
