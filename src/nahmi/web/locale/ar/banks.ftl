# SPDX-License-Identifier: Apache-2.0

banks-lead = البنك مجموعة من الإشارات ترعاها مؤسستك، وما يطابق فيه يستدعي إجراءاته.
banks-none = لا توجد بنوك بعد.
banks = البنوك
bank = البنك
bank-new = بنك جديد
bank-edit = تعديل البنك
bank-delete = حذف البنك
bank-name-hint = حروف لاتينية كبيرة وأرقام وشرطات سفلية، مثل HOTLINE_2026.
bank-enabled = مفعّل
bank-enabled-hint = البنك الموقوف لا يطابق شيئًا.
bank-shared = يجوز للأعضاء الآخرين المطابقة معه
bank-shared-hint = يعرفون أن تطابقًا وقع، ولا يرون المدخلات أبدًا.
shared = مشترك
bank-shared-short = مشترك مع الأعضاء الآخرين
category = الفئة
actions = الإجراءات
actions-hint = ما يطلبه التطابق من الجهة الطالبة.
action = الإجراء
action-none = لا شيء
action-log = تسجيل
action-log-meaning = يُكتب في سجل التطابقات فحسب.
action-review = مراجعة
action-review-meaning = ينبغي أن ينظر فيه إنسان.
action-hold = تعليق
action-hold-meaning = يُحجز حتى ينظر فيه إنسان.
action-block = منع
action-block-meaning = يُرفض. لا يُمنع إلا ما طابق تطابقًا تامًا في بنك موثَّق، ويُعلَّق ما سواه.
limit = الحد
limit-hint = في كم بت يجوز أن تختلف بصمتان، من 0 إلى { $most }. والمعتاد 31.
crops = القصاصات
crops-hint = يسهل العثور على النسخ المقصوصة، لكن البنك يكبر.
crops-none = الصورة نفسها فقط
crops-centre = الصورة وقصاصات من وسطها
crops-centre_and_corners = الصورة وقصاصات من وسطها وأركانها
labels = الوسوم
labels-hint = تفصل بينها فواصل.
entries = المدخلات
entries-none = لا يوجد مدخل كهذا.
entries-withheld = يجوز لك الاطلاع على هذا البنك دون مدخلاته.
entries-search = البحث في المدخلات
entries-search-hint = جزء من المصدر أو المنشأ أو الملاحظة، أو بداية الإشارة.
with-deleted = مع المحذوفة
entry = المدخل
entry-title = المدخل { $entry }
entry-change = تعديل المدخل
entry-active = يُطابِق
entry-disabled = موقوف مؤقتًا
entry-expired = منتهي الصلاحية
entry-deleted = محذوف
added = تاريخ الإضافة
deleted = تاريخ الحذف
expires = ينتهي في
disabled-until = موقوف حتى
delete = حذف
restore = استعادة
delete-entry = حذف المدخل { $entry }
restore-entry = استعادة المدخل { $entry }
signal = الإشارة
signal-hint = كما يكتبها نوعها: أرقام ست عشرية، أو عنوان ويب.
signal-type = نوع الإشارة
quality = الجودة
canon = الصورة القياسية
content-ref = المحتوى
source = المصدر
source-hint = من أسهم بها، كاسم مؤسسة.
provenance = المنشأ
provenance-hint = كيف وصلت: اسم ملف أو تبادل أو رقم حالة. لا تكتب بيانات شخصية.
note = ملاحظة
sightings = المشاهدات
sightings-month = { $count ->
    [zero] لا شيء خلال 30 يومًا
    [one] مشاهدة واحدة خلال 30 يومًا
    [two] مشاهدتان خلال 30 يومًا
    [few] { $count } مشاهدات خلال 30 يومًا
    [many] { $count } مشاهدة خلال 30 يومًا
   *[other] { $count } مشاهدة خلال 30 يومًا
}
add-upload = إضافة صورة
add-upload-lead = تُحوَّل الصورة إلى بصمات ثم تُتلَف، ولا يُحفظ سوى البصمات.
add-upload-do = إضافة بصماتها
add-signal = إضافة إشارة
add-signal-lead = لبصمة أو عنوان لديك من قبل.
add-signal-do = إضافة الإشارة
file-hint = اختر ملفًا أو أفلته هنا. الحجم الأقصى { $most }.
import = استيراد
import-lead = يُقرأ ملف الإشارات سطرًا سطرًا في مهمة. تُحصى السطور غير الصالحة وتُذكر، ويُضاف ما سواها.
import-do = بدء الاستيراد
import-file-hint = بصيغة CSV أو JSON لكل سطر أو صيغة threatexchange النصية. الحجم الأقصى { $most }.
import-format-in-file = كما في الملف
export = تصدير
export-lead = { $count ->
    [zero] لا مدخلات للتصدير
    [one] مدخل واحد
    [two] مدخلان
    [few] { $count } مدخلات
    [many] { $count } مدخلًا
   *[other] { $count } مدخل
}، مع المصدر والمنشأ والملاحظة والتواريخ.
export-warning = يمكن استرجاع جزء من الصورة من بصمتها. عامِل الملف كما تعامل البيانات الشخصية. يُسجَّل التصدير في سجل التدقيق.
export-do = تصدير

variant = الهيئة المعدّلة
variant-original = كما هي
variant-rotate90 = مُدارة بمقدار 90°
variant-rotate180 = مُدارة بمقدار 180°
variant-rotate270 = مُدارة بمقدار 270°
variant-flip_x = معكوسة أفقيًا
variant-flip_y = معكوسة رأسيًا
variant-transpose = معكوسة ومُدارة بمقدار 270°
variant-transverse = معكوسة ومُدارة بمقدار 90°
variant-trim = من دون إطارها
variant-trim-inner = من دون أيٍّ من إطاراتها
variant-crop-centre = مقصوصة بنسبة { $percent }٪ من كل جانب
variant-crop-top-left = مقصوصة بنسبة { $percent }٪ مع إبقاء أعلى اليسار
variant-crop-top-right = مقصوصة بنسبة { $percent }٪ مع إبقاء أعلى اليمين
variant-crop-bottom-left = مقصوصة بنسبة { $percent }٪ مع إبقاء أسفل اليسار
variant-crop-bottom-right = مقصوصة بنسبة { $percent }٪ مع إبقاء أسفل اليمين
variant-crop-left = مقصوصة بنسبة { $percent }٪ من اليسار
variant-crop-right = مقصوصة بنسبة { $percent }٪ من اليمين
variant-crop-top = مقصوصة بنسبة { $percent }٪ من الأعلى
variant-crop-bottom = مقصوصة بنسبة { $percent }٪ من الأسفل
