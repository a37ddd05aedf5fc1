# SPDX-License-Identifier: Apache-2.0

## المهام

jobs-lead = أعمال طويلة تجري في الخلفية.
jobs-none = لا توجد مهام بعد.
job-title = المهمة { $number }
job-kind = العمل
jobkind-bank_import = استيراد
jobkind-exchange_fetch = جلب من منصّة تبادل
job-waiting = في الانتظار
job-running = جارية
job-done = تمّت
job-failed = فشلت
job-cancelled = أُلغيت
job-refused = قراءة السطور المرفوضة
job-steps-open = { $done } حتى الآن
job-look-again = عرض التقدّم الحالي
job-cancel = إلغاء المهمة
about = من أجل
result-added = أُضيفت
result-refused = رُفضت
result-known = معروفة من قبل
result-lines = السطور
result-records = السجلّات
result-changed = عُدّل
result-withdrawn = سُحب
result-unused = من نوع غير معروف

## خطاطيف الويب

webhooks-lead = عناوين تعلم منها أنظمتك بما يحدث. كل رسالة موقَّعة.
webhooks-none = لا توجد خطاطيف ويب بعد.
webhook-new = إضافة خطّاف ويب
webhook-new-lead = تذهب الرسائل إلى هذا العنوان وحده. ويظهر سرّ التحقق من توقيعاتها مرة واحدة.
webhook-url-hint = يبدأ بـ https://‎ ويمكن الوصول إليه من هذه العقدة.
webhook-title = خطّاف الويب { $number }
webhook-secret = سرّ التحقق من التوقيعات
webhook-test = إرسال رسالة تجريبية
webhook-rotate = سرّ جديد
webhook-rotate-hint = بعد السرّ الجديد تحمل الرسائل التوقيعين معًا مدة يوم.
webhook-disable = إيقافه
webhook-enable = تفعيله
webhook-delete = حذف خطّاف الويب
webhook-delete-question = هل تريد حذف خطّاف الويب هذا؟
webhook-delete-consequence = تُهمَل الرسائل التي تنتظره، ولا يمكن التراجع عن ذلك.
test-delivered = وصلت الرسالة التجريبية.
test-failed = لم تصل الرسالة التجريبية.
address = العنوان
events = الأحداث
dead-letters = الرسائل المتعثّرة
dead-letters-lead = رسائل تعذّر تسليمها أيامًا وتنتظر من ينظر فيها.
dead-letters-none = لا توجد رسائل متعثّرة.
attempts = المحاولات
last-error = آخر خطأ
retry-this = إعادة محاولة الرسالة { $number }

## الإعدادات

settings-lead = ما تفعله هذه العقدة بالتطابقات، وكيف أُعدّت.
rules = قواعد الإجراء
rules-lead = تتقدّم قاعدة البنك على قاعدة الفئة، وتتقدّم كلتاهما على إجراءات البنك نفسه. ويسري أشدّها بين جميع التطابقات.
rules-none = لا توجد قواعد. تسري إجراءات كل بنك.
rule-for = تخصّ
rule-new = إضافة القاعدة
rule-hint = لا يُمنع ما طابق بالشبه وحده أبدًا، بل يُعلَّق على الأكثر.
rule-delete = حذف القاعدة { $number }
configured = الإعداد
configured-lead = يُغيَّر في هذا الملف أو بمتغيرات البيئة، ويسري بعد إعادة التشغيل:
setting = الإعداد
value = القيمة
origin = مصدره
origin-default = القيمة المعتادة
origin-file = الملف
