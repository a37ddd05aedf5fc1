# SPDX-License-Identifier: Apache-2.0

## منصّات التبادل

menu-partner = المشاركة
section-exchanges = منصّات التبادل
exchanges-lead = برامج تجلب منها هذه العقدة ما يشاركه الآخرون، وهي مذكورة في node.toml‎.
exchanges-none = لا توجد منصّات تبادل. تشرح الصفحة docs/how-to/connect-exchanges.md‎ كيفية ربط إحداها.
exchange-title = منصّة التبادل { $name }
exchange-name = المنصّة
exchange-program = طريقة التخاطب
exchange-records = السجلات
exchange-entries = المدخلات
exchange-reached = كل شيء موجود هنا حتى
exchange-never = ليس بعد
exchange-fetch = الجلب الآن

## آراؤنا

opinions-waiting = آراء تنتظر الإرسال
opinions-refused = آراء لم تُقبل
opinion-new = أبلغها برأيك
opinion-lead = يُعاد إرساله حتى يصل إلى المنصّة، وهي التي تقرّر ما يراه الآخرون منه.
opinion-entry = رقم المدخل
opinion-entry-hint = مدخل جاء من هذه المنصّة.
opinion-stance = رأيك
opinion-agree = هو كما شورك
opinion-disagree = ليس كما شورك
opinion-reason = السبب
opinion-reason-hint = عند عدم الموافقة، كما تسمّي المنصّة أسبابها.
opinion-say = إرسال الرأي
