# SPDX-License-Identifier: Apache-2.0

## صفحات ما لم ينجح

problem-400 = تعذّرت قراءة الطلب
problem-400-meaning = ينقصه شيء أو أنه ليس كما ينبغي.
problem-401 = يُرجى تسجيل الدخول
problem-401-meaning = انتهت جلستك.
problem-403 = هذا غير مسموح لك
problem-403-meaning = لا يشمله دورك، ويستطيع المدير تغيير ذلك.
problem-404 = لا توجد صفحة كهذه
problem-404-meaning = العنوان خاطئ، أو أن ما كان هنا لم يعد موجودًا أو يخصّ غيرك.
problem-405 = لا يصلح ذلك بهذه الطريقة
problem-405-meaning = العنوان موجود، لكن ليس لهذا النوع من الطلبات.
problem-408 = وصل الطلب ببطء شديد
problem-408-meaning = لم يصل كاملًا في الوقت المحدد. يُرجى إرساله من جديد.
problem-409 = طرأ تغيير في هذه الأثناء
problem-409-meaning = غُيّر في هذه الأثناء أو أنه موجود من قبل. انظر إليه من جديد.
problem-413 = هذا أكبر مما ينبغي
problem-413-meaning = لا تقبل العقدة أكثر من ذلك دفعة واحدة.
problem-415 = هذا النوع من الملفات غير مقبول
problem-415-meaning = تذكر الصفحة التي جئت منها الأنواع المقبولة.
problem-422 = لا يمكن استعمال هذا كما هو
problem-422-meaning = ما أُرسل ليس كما ينبغي.
problem-429 = يُرجى الانتظار لحظة
problem-429-meaning = كثرت الطلبات في وقت قصير.
problem-500 = حدث خطأ في العقدة
problem-500-meaning = سُجّل في سجل العقدة تحت رقم الطلب، ولم يُنجَز شيء ناقصًا.
problem-503 = العقدة مشغولة جدًا
problem-503-meaning = ستكون جاهزة بعد لحظة.
problem-retry = أعد المحاولة بعد { $seconds ->
    [zero] لحظة.
    [one] ثانية.
    [two] ثانيتين.
    [few] { $seconds } ثوانٍ.
    [many] { $seconds } ثانية.
   *[other] { $seconds } ثانية.
}
problem-back = متابعة
code-of-error = رمز الخطأ

## معنى كل رمز خطأ

error-input_invalid = توجد قيمة لا يمكن استعمالها.
error-shape_invalid = مصفوفة بشكل أو نوع خاطئ.
error-signal_invalid = ليست هذه إشارة من هذا النوع.
error-signal_type_unknown = لا يوجد نوع إشارة كهذا.
error-name_invalid = الاسم يخالف قاعدة التسمية.
error-limit_invalid = الحد خارج المسموح به.
error-document_invalid = الوثيقة ليست في الصيغة القياسية التي يمكن توقيعها والتحقق منها.
error-key_invalid = هذه البايتات ليست مفتاحًا يمكن الوثوق به.
error-signature_invalid = التوقيع غير صحيح.
error-proof_invalid = البرهان لا يثبت ما ينبغي أن يثبته.
error-note_invalid = ما وقّعه السجل أو الشاهد ليس سليم الصياغة.
error-file_missing = لا يوجد ملف كهذا.
error-file_unreadable = تعذّرت قراءة الملف.
error-media_empty = الملف فارغ.
error-media_unsupported = هذه الصيغة غير مقبولة. المقبول: JPEG وPNG وGIF وWebP وAVIF وHEIC وTIFF وBMP.
error-media_malformed = تعذّر فك ترميز الملف. عدّه غير مفحوص، لا غير ضار.
error-media_too_large = الملف أكبر من المسموح به بالبايتات أو البكسلات أو الإطارات.
error-media_timeout = طال فك الترميز فأُوقف. عدّ الملف غير مفحوص.
error-media_memory = احتاج فك الترميز إلى ذاكرة كبيرة فأُوقف. عدّ الملف غير مفحوص.
error-media_crashed = انهار برنامج فك الترميز عند هذا الملف. عدّه غير مفحوص.
error-fingerprint_unusable = في الصورة تفاصيل أقل مما تحتاج إليه بصمة صالحة.
error-bank_missing = لا يوجد بنك كهذا.
error-bank_exists = يوجد بنك بهذا الاسم من قبل.
error-entry_missing = لا يوجد مدخل كهذا.
error-store_missing = لا توجد عقدة في المجلد.
error-store_corrupt = قاعدة البيانات تالفة.
error-store_busy = قاعدة البيانات مشغولة.
error-store_version = قاعدة البيانات من إصدار آخر.
error-backup_invalid = النسخة الاحتياطية تالفة أو ناقصة.
error-storage_full = القرص ممتلئ، ولم يُكتب شيء ناقصًا.
error-storage_denied = لا يجوز للعقدة الكتابة هناك.
error-access_missing = لا يوجد عضو أو مستخدم أو مفتاح كهذا.
error-access_exists = يوجد عضو أو مستخدم بهذا الاسم أو البريد من قبل.
error-credential_invalid = المفتاح أو كلمة المرور أو الرمز أو الرابط خاطئ أو مستعمل أو منتهي الصلاحية.
error-permission_denied = لا يشمل دورك هذا الأمر.
error-administrator_last = هذا آخر مدير يُسمح له بتسجيل الدخول. أضف مديرًا آخر أولًا.
error-budget_spent = نفد رصيد اليوم.
error-request_malformed = تعذّرت قراءة الطلب.
error-request_too_large = الطلب أكبر من المسموح به.
error-request_unacceptable = الجواب ليس بأيٍّ من أنواع المحتوى المطلوبة.
error-request_timeout = لم يصل الطلب كاملًا في الوقت المحدد.
error-route_missing = لا توجد صفحة كهذه.
error-method_refused = لا يُستعمل هذا العنوان بهذه الطريقة.
error-service_busy = العقدة مشغولة جدًا. أعد المحاولة بعد لحظة.
error-address_unusable = لا تستطيع العقدة الاستماع على هذا العنوان.
error-index_missing = فهرس البحث مفقود. هذا خطأ ولا يعني أبدًا «لا تطابق».
error-index_corrupt = فهرس البحث تالف.
error-index_busy = فهرس البحث مشغول.
error-index_behind = فهرس البحث تنقصه تغييرات أُجريت على البنوك. هذا خطأ ولا يعني أبدًا «لا تطابق».
error-index_version = فهرس البحث من إصدار آخر.
error-plugin_invalid = إضافة برمجية تخالف عقدها.
error-plugin_failed = لم تُجب إضافة برمجية. عدّ المحتوى غير مفحوص.
error-extra_missing = جزء اختياري من nahmi غير مثبّت.
error-fetch_disabled = الجلب من العناوين موقوف.
error-fetch_refused = لا يجوز الاتصال بهذا العنوان.
error-fetch_failed = لم يُجب العنوان كما ينبغي.
error-fetch_too_large = الجواب أكبر من المسموح به.
error-fetch_timeout = لم يُجب العنوان في الوقت المحدد.
error-exchange_missing = لا توجد منصّة تبادل كهذه.
error-exchange_refused = رفضت منصّة التبادل بيانات الدخول أو ما طُلب منها.
error-exchange_malformed = أجابت منصّة التبادل بما لا يمكن قراءته.
error-node_key_missing = ملف مفتاح العقدة مفقود أو تعذّرت قراءته.
error-node_key_unsafe = يستطيع غير المالك قراءة ملف مفتاح العقدة أو تغييره.
error-job_missing = لا توجد مهمة كهذه.
error-match_missing = لا يوجد تطابق كهذا.
error-message_missing = لا توجد رسالة كهذه، أو أنها سُلّمت.
error-rule_missing = لا توجد قاعدة إجراء كهذه.
error-webhook_missing = لا يوجد خطّاف ويب كهذا.
error-precondition_failed = غُيّر في هذه الأثناء.
error-request_conflict = أُرسل الطلب نفسه من قبل بمحتوى آخر.
error-request_in_progress = الطلب نفسه قيد التنفيذ.
error-key_unknown = المفتاح ليس لأي جهة يجوز لها أن تطلب من هذه العقدة.
error-request_unsigned = الطلب غير موقّع بالطريقة المتفق عليها بين العقد.
error-request_expired = الطلب الموقّع قديم أو توقيته في المستقبل.
error-request_altered = الطلب ليس هو الذي وُقّع عليه.
error-request_replayed = سبق تنفيذ هذا الطلب الموقّع.
error-job_lost = توقّفت كل عملية تولّت المهمة قبل نهايتها.
error-circle_missing = لا توجد دائرة كهذه هنا.
error-circle_exists = هذه الدائرة موجودة هنا من قبل.
error-circle_denied = لا تسمح الدائرة لمؤسستك بهذا.
error-circle_stopped = ناقض سجل هذه الدائرة نفسه، فتوقّفت متابعته.
error-roster_invalid = لا يمكن استخدام قائمة الأعضاء.
error-statement_invalid = ليس هذا مكتوبًا كما تتطلّبه الدائرة.
error-statement_refused = قواعد الدائرة لا تسمح بهذا.
error-statement_behind = قيل عن هذا شيء أحدث.
error-log_invalid = ما جُلب من السجل غير صالح.
error-log_contradicted = عرض السجل تاريخين مختلفين.
error-quota_spent = لا تقبل الدائرة المزيد من هذا المفتاح اليوم.
error-invitation_invalid = لا يمكن استخدام هذه الدعوة.
error-member_missing = لا يوجد عضو كهذا في الدائرة.
error-signal_missing = لم يُقل شيء عن هذه الإشارة في الدائرة.
error-statement_missing = لا يوجد موضع كهذا في السجل هنا، أو أُتلف نصّه.
