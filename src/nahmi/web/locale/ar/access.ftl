# SPDX-License-Identifier: Apache-2.0

## الأدوار والصلاحيات

role = الدور
role-hint = الدور هو ما يؤتمن عليه المستخدم ضمن العضو الذي ينتمي إليه.
role-viewer = مُطّلِع
role-analyst = محلّل
role-reviewer = مراجِع
role-curator = قيّم البنوك
role-partner_manager = مسؤول الشركاء
role-admin = مدير
permissions = الصلاحيات
permissions-hint = لا تمنح المفتاح أكثر مما يحتاج إليه. يمكنك منح ما تملكه أنت فقط.
permissions-count = { $count ->
    [zero] بلا صلاحيات
    [one] صلاحية واحدة
    [two] صلاحيتان
    [few] { $count } صلاحيات
    [many] { $count } صلاحية
   *[other] { $count } صلاحية
}
permission-access-audit-read = قراءة سجل التدقيق
permission-access-key-read = الاطلاع على المفاتيح
permission-access-key-write = إنشاء المفاتيح وإلغاؤها
permission-access-member-read = الاطلاع على الأعضاء
permission-access-member-write = إضافة الأعضاء وتفعيلهم وإيقافهم
permission-access-person-read = الاطلاع على المستخدمين
permission-access-person-write = إضافة المستخدمين وتعديلهم
permission-node-job-read = الاطلاع على المهام
permission-node-job-write = بدء المهام وإلغاؤها
permission-node-setting-read = الاطلاع على الإعدادات
permission-node-setting-write = تعديل القواعد
permission-node-status-read = الاطلاع على حالة العقدة
permission-node-webhook-read = الاطلاع على خطاطيف الويب
permission-node-webhook-write = إضافة خطاطيف الويب وتعديلها
permission-partner-assertion-write = مشاركة الإشارات في الدوائر وسحبها
permission-partner-circle-read = الاطلاع على الدوائر وما يُقال فيها
permission-partner-circle-write = تأسيس الدوائر والانضمام إليها وتغيير أعضائها
permission-partner-exchange-read = الاطلاع على منصّات التبادل
permission-partner-exchange-write = الجلب من منصّات التبادل وإبلاغها بالآراء
permission-partner-opinion-write = إبداء الرأي فيما يشاركه الآخرون
permission-protect-bank-read = الاطلاع على البنوك
permission-protect-bank-write = إنشاء البنوك وتعديلها
permission-protect-content-hash = حساب بصمات المحتوى
permission-protect-content-match = السؤال عن تطابق المحتوى
permission-protect-distance-read = رؤية المسافات في الأجوبة
permission-protect-entry-export = تصدير المدخلات
permission-protect-entry-read = الاطلاع على المدخلات
permission-protect-entry-write = إضافة المدخلات وتعديلها وحذفها
permission-protect-match-read = قراءة سجل التطابقات
permission-protect-url-fetch = جلب العقدة للمحتوى من عنوانه

## المفاتيح

key = المفتاح
key-new = مفتاح جديد
key-new-lead = بالمفتاح تسأل أنظمتك هذه العقدة. يظهر سرّه مرة واحدة ولا يُحفظ أبدًا.
key-label-hint = اسم النظام الذي سيستعمله.
key-days = عدد الأيام حتى انتهاء الصلاحية
key-budget = الرصيد اليومي من الاستعلامات
key-budget-hint = إذا نفد الرصيد رُفض المفتاح حتى منتصف الليل بالتوقيت العالمي المنسّق.
key-begins = يبدأ بـ
key-valid = صالح
key-ending = ينتهي قريبًا
key-expired = منتهي الصلاحية
key-revoked = ملغى
key-rotate = استبدال المفتاح
key-rotate-this = استبدال { $label }
key-rotate-lead = للمفتاح الجديد صلاحيات القديم ورصيده. ويبقى القديم صالحًا مدة، ريثما تنتقل أنظمتك إلى الجديد.
key-hours = عدد الساعات التي يبقى فيها المفتاح القديم صالحًا
key-hours-hint = من 0 إلى 720. مع 0 يُرفض المفتاح القديم فورًا.
key-revoke = إلغاء المفتاح
key-revoke-this = إلغاء { $label }
key-revoke-question = هل تريد إلغاء هذا المفتاح؟
key-revoke-consequence = يُرفض كل من يستعمله من الآن فصاعدًا، ولا يمكن التراجع عن ذلك.
key-made = المفتاح الجديد
key-made-lead = من أجل { $label }.
keys-lead = لكل نظام مفتاحه، ليمكن إلغاء واحد دون غيره.
keys-none = لا توجد مفاتيح بعد.
last-used = آخر استعمال

## المستخدمون والأعضاء

member-own = هذه المؤسسة
member-new = إضافة عضو
member-new-lead = اذكر من يتولّى شؤونه. يحصل على رابط دخول لمرة واحدة، ثم يستطيع إدخال غيره.
member-admin = اسم مديره
members-lead = المؤسسات التي يستعمل مستخدموها ومفاتيحها هذه العقدة. ولا ترى كل منها إلا بنوكها ومفاتيحها وتطابقاتها.
you = أنت
people-lead = من يسجّلون الدخول هنا.
person-new = إضافة مستخدم
person-new-do = الإضافة وإنشاء رابط دخول
person-edit = تعديل مستخدم
person-enabled = يجوز له تسجيل الدخول
person-enabled-hint = الإيقاف ينهي جميع جلساته في الحال.
set-up = مُعَدّ
not-set-up = غير مُعَدّ
link-new = رابط دخول لمرة واحدة
link-new-lead = لمن نسي كلمة المرور أو فقد وسيلة الخطوة الثانية. يغني الرابط عنهما مرة واحدة.
link-new-do = إنشاء رابط دخول
link-made = رابط الدخول
link-made-lead = من أجل { $name }. { $minutes ->
    [zero] يعمل مرة واحدة.
    [one] يعمل مرة واحدة خلال دقيقة.
    [two] يعمل مرة واحدة خلال دقيقتين.
    [few] يعمل مرة واحدة خلال { $minutes } دقائق.
    [many] يعمل مرة واحدة خلال { $minutes } دقيقة.
   *[other] يعمل مرة واحدة خلال { $minutes } دقيقة.
} أرسله بوسيلة تثق بها.
disable-this = إيقاف { $name }
enable-this = تفعيل { $name }

## حسابي

account-language-hint = لغة الصفحات التي تراها.
account-security = الدخول إلى الحساب
sessions = الجلسات المفتوحة
signed-in = وقت الدخول
session-this = هذه الجلسة
session-end = إنهاء جلسة { $time }

## سجل التدقيق

audit-lead = ما جرى على هذه العقدة، ومن فعله ومتى، في سلسلة تُظهر أي تغيير.
audit-verify = فحص السلسلة
audit-holds = السلسلة سليمة: لم يُغيَّر شيء ولم يُحذف.
audit-broken = السلسلة مكسورة عند القيد { $number }. لقد غُيّر شيء أو حُذف.
audit-none = لا يوجد قيد كهذا.
actor = الفاعل
event = الحدث
object = الموضوع
