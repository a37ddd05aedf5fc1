# SPDX-License-Identifier: Apache-2.0

## ما يحيط بكل صفحة

skip-to-content = انتقل إلى المحتوى
menu = القائمة
menu-protect = الحماية
menu-operate = التشغيل
menu-access = الوصول
section-dashboard = لوحة المتابعة
section-banks = البنوك
section-try = جرّب ملفًا
section-matches = سجل التطابقات
section-circles = الدوائر
section-jobs = المهام
section-webhooks = خطاطيف الويب
section-settings = الإعدادات
section-people = المستخدمون
section-members = الأعضاء
section-keys = المفاتيح
section-audit = سجل التدقيق
section-account = حسابي
sign-out = تسجيل الخروج
footer-times = جميع الأوقات بالتوقيت العالمي المنسّق (UTC).
request = رقم الطلب
tone-done = تمّ.
tone-info = ملاحظة.
tone-warning = انتبه.
tone-error = لم ينجح ذلك.

## كلمات في صفحات كثيرة

undo = تراجع
save = حفظ
continue = متابعة
keep-it = إبقاء كل شيء كما هو
kept-it = حفظته في مكان آمن
copy = نسخ
copied = نُسخ
filter = تصفية
search = بحث
all = الكل
since = من (UTC)
until = قبل (UTC)
pages = الصفحات
first-page = الصفحة الأولى
next-page = الصفحة التالية
what-to-do = الخطوات الممكنة
not-stated = غير مذكور
withheld = محجوب
never = أبدًا
enabled = مفعّل
disabled = موقوف
yes = نعم
no = لا
name = الاسم
label = التسمية
state = الوضع
time = الوقت (UTC)
day = اليوم
number = الرقم
created = تاريخ الإنشاء
details = التفاصيل
progress = التقدّم
status = رمز الحالة
file = الملف
format = الصيغة
language = اللغة
moment-hint = بالتوقيت العالمي المنسّق. اتركه فارغًا إن لم يكن هناك موعد.
form-mistakes = يُرجى مراجعة ما يلي:
technical-detail = تفصيل تقني:
shown-once = يظهر هذا مرة واحدة فقط. احفظه الآن في مكان آمن.
chart-as-table = عرض الأرقام في جدول
bits = { $count ->
    [zero] { $count } بت
    [one] بت واحد
    [two] بتّان
    [few] { $count } بتات
    [many] { $count } بتًا
   *[other] { $count } بت
}

## أخطاء في النماذج

mistake-required = يُرجى ملء هذا الحقل.
mistake-number = اكتب عددًا صحيحًا.
mistake-range = العدد أصغر أو أكبر من المسموح به.
mistake-choice = اختر إحدى القيم المعروضة.
mistake-moment = اكتب تاريخًا ووقتًا.
mistake-different = كلمتا المرور غير متطابقتين.
mistake-credentials = البريد الإلكتروني وكلمة المرور لا يتوافقان، أو أن الحساب موقوف.
mistake-wait = كثرت المحاولات الخاطئة. يُرجى الانتظار قليلًا ثم المحاولة من جديد.
mistake-code = الرمز خاطئ أو منتهي الصلاحية أو سبق استعماله.
mistake-password = كلمة المرور الحالية خاطئة.
