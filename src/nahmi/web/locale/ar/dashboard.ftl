# SPDX-License-Identifier: Apache-2.0

tile-matches-today = التطابقات اليوم
tile-queries-today = الاستعلامات اليوم
tile-banks = البنوك
tile-entries = المدخلات فيها
chart-matches = التطابقات حسب الإجراء خلال { $days ->
    [zero] { $days } يوم
    [one] يوم واحد
    [two] يومين
    [few] { $days } أيام
    [many] { $days } يومًا
   *[other] { $days } يوم
}
chart-matches-text = { $total ->
    [zero] لا توجد تطابقات
    [one] تطابق واحد
    [two] تطابقان
    [few] { $total } تطابقات
    [many] { $total } تطابقًا
   *[other] { $total } تطابق
} خلال { $days ->
    [zero] { $days } يوم.
    [one] يوم واحد.
    [two] يومين.
    [few] { $days } أيام.
    [many] { $days } يومًا.
   *[other] { $days } يوم.
}
chart-queries = الاستعلامات خلال { $days ->
    [zero] { $days } يوم
    [one] يوم واحد
    [two] يومين
    [few] { $days } أيام
    [many] { $days } يومًا
   *[other] { $days } يوم
}
chart-queries-label = الاستعلامات
chart-queries-text = { $total ->
    [zero] لا توجد استعلامات
    [one] استعلام واحد
    [two] استعلامان
    [few] { $total } استعلامات
    [many] { $total } استعلامًا
   *[other] { $total } استعلام
} خلال { $days ->
    [zero] { $days } يوم.
    [one] يوم واحد.
    [two] يومين.
    [few] { $days } أيام.
    [many] { $days } يومًا.
   *[other] { $days } يوم.
}
dashboard-banks = البنوك ومدخلاتها وتطابقاتها
matches = التطابقات
health = حالة العقدة
health-index = فهرس البحث
health-signals = { $count ->
    [zero] لا إشارات
    [one] إشارة واحدة
    [two] إشارتان
    [few] { $count } إشارات
    [many] { $count } إشارة
   *[other] { $count } إشارة
}
health-current = محدَّث
health-lag = متأخر عن البنوك
health-workers = عمليات فك الترميز
health-busy = الملفات: { $busy }، العمليات: { $all }
health-messages = رسائل خطاطيف الويب
waiting-count = { $count } في الانتظار
dead-count = { $count } متعثّرة
recent-matches = أحدث التطابقات
all-matches = فتح سجل التطابقات
