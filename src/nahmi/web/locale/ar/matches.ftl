# SPDX-License-Identifier: Apache-2.0

try-lead = تحقّق مما إذا كان ملف ما يطابق بنوكك. لا يُحتفظ بالملف.
try-do = بحث
took = المدة
milliseconds = { $count } م.ث
media-type = نوع الملف
dimensions = الأبعاد
dimensions-pixels = { $width } × { $height } بكسل
frames = { $count ->
    [zero] لا إطارات
    [one] إطار واحد
    [two] إطاران
    [few] { $count } إطارات
    [many] { $count } إطارًا
   *[other] { $count } إطار
}
frame = الإطار { $number }
verdict-match = يوجد تطابق
verdict-match-meaning = يقع مدخل واحد على الأقل ضمن حد بنكه. التطابق يعني أن صورتين متشابهتان، وليس حكمًا على أي شخص.
verdict-no_match = لا تطابق
verdict-no_match-meaning = لا شيء في بنوكك يقع ضمن الحد. لكن ذلك لا يعني أن المحتوى غير ضار.
verdict-no_usable_fingerprint = تعذّر البحث
verdict-no_usable_fingerprint-meaning = الصورة خالية أو قليلة التفاصيل فلا تصلح لها بصمة. وهذا يختلف عن «لا تطابق».
hits = ما طابق
hits-count = المدخلات
distance = المسافة
distance-of = { $distance } من { $limit } على الأكثر
distance-exact = مطابق تمامًا
matches-lead = كل تطابق أجابت به هذه العقدة، والأحدث أولًا. أما الاستعلامات بلا تطابق فتُحصى فقط.
matches-filter = تصفية سجل التطابقات
matches-none = لا يوجد تطابق كهذا.
match-title = التطابق { $number }
match-lead = لا تحفظ العقدة أي صورة، بل تحفظ أي مدخل طابق وإلى أي مدى.
reference = مرجع المحتوى
principal = الجهة الطالبة
channel = القناة
