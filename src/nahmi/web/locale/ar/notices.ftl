# SPDX-License-Identifier: Apache-2.0

## ما جرى للتو

notice-saved = حُفظ.
notice-bank-created = أُنشئ البنك { $bank }.
notice-bank-deleted = حُذف البنك { $bank }، ولم تعد مدخلاته تطابق.
notice-bank-restored = استُعيد البنك { $bank }.
notice-entries-added = مدخلات مضافة: { $added }. معروفة من قبل: { $known }.
notice-entry-deleted = حُذف المدخل { $entry }، ولم يعد يطابق.
notice-entry-restored = استُعيد المدخل { $entry }.
notice-key-revoked = يُرفض المفتاح { $label } من الآن فصاعدًا.
notice-link-dead = استُعمل الرابط من قبل أو انتهت مدته. اطلب رابطًا جديدًا.
notice-member-switched = غُيّر وضع العضو.
notice-password-set = تسري كلمة المرور الجديدة، وأُنهيت جميع الجلسات الأخرى.
notice-session-ended = أُنهيت الجلسة.
notice-job-cancelled = أُلغيت المهمة، ويبقى ما أنجزته.
notice-message-retried = تُعاد محاولة الرسالة { $number }.
notice-rule-set = تسري القاعدة من الآن.
notice-rule-removed = حُذفت القاعدة.
notice-webhook-deleted = حُذف خطّاف الويب.
notice-webhook-switched = غُيّر وضع خطّاف الويب.
notice-exchange-asked = طُلب الجلب، وهو يجري بوصفه مهمة.
notice-opinion-said = آراء ستُرسَل: { $count }.
