# SPDX-License-Identifier: Apache-2.0

## Pages for what went wrong

problem-400 = The request cannot be read
problem-400-meaning = Something is missing from it or is not as it should be.
problem-401 = Please sign in
problem-401-meaning = Your session is over.
problem-403 = That is not allowed to you
problem-403-meaning = Your role does not include it. An administrator can change that.
problem-404 = There is no such page
problem-404-meaning = The address is wrong, or what was here is gone or belongs to somebody else.
problem-405 = That does not work this way
problem-405-meaning = The address exists, but not for this kind of request.
problem-408 = The request came too slowly
problem-408-meaning = It did not arrive in full in time. Please send it again.
problem-409 = Something came in between
problem-409-meaning = It was changed in the meantime, or is there already. Look at it again.
problem-413 = That is too large
problem-413-meaning = The node takes no more at once.
problem-415 = That kind of file is not taken
problem-415-meaning = The page that you come from says which kinds are.
problem-422 = That cannot be used as it is
problem-422-meaning = What was sent is not as it should be.
problem-429 = Please wait a moment
problem-429-meaning = There were too many requests in a short time.
problem-500 = Something went wrong in the node
problem-500-meaning = It was noted in the node’s log under the number of the request. Nothing was half done.
problem-503 = The node has too much to do
problem-503-meaning = It will be ready again in a moment.
problem-retry = Try again in { $seconds ->
    [one] { $seconds } second.
   *[other] { $seconds } seconds.
}
problem-back = Go on
code-of-error = Code

## What each error code means

error-input_invalid = A value cannot be used.
error-shape_invalid = An array has the wrong shape or type.
error-signal_invalid = This is no signal of its type.
error-signal_type_unknown = There is no such signal type.
error-name_invalid = The name breaks the naming rule.
error-limit_invalid = The limit is outside of what is allowed.
error-file_missing = There is no such file.
error-file_unreadable = The file cannot be read.
error-media_empty = The file is empty.
error-media_unsupported = This format is not taken. JPEG, PNG, GIF, WebP, AVIF, HEIC, TIFF and BMP are.
error-media_malformed = The file cannot be decoded. Treat it as unseen, not as harmless.
error-media_too_large = The file is too large in bytes, pixels or frames.
error-media_timeout = Decoding took too long and was stopped. Treat the file as unseen.
error-media_memory = Decoding needed too much memory and was stopped. Treat the file as unseen.
error-media_crashed = The decoder crashed on this file. Treat it as unseen.
error-fingerprint_unusable = The picture has too little detail for a usable fingerprint.
error-bank_missing = There is no such bank.
error-bank_exists = There is a bank of this name already.
error-entry_missing = There is no such entry.
error-store_missing = There is no node in the folder.
error-store_corrupt = The database is damaged.
error-store_busy = The database is busy.
error-store_version = The database is of another version.
error-backup_invalid = The backup is damaged or cut off.
error-storage_full = The disk is full. Nothing was half written.
error-storage_denied = The node may not write there.
error-access_missing = There is no such member, person or key.
error-access_exists = A member or person of this name or address is there already.
error-credential_invalid = The key, password, code or link is wrong, used or expired.
error-permission_denied = Your role does not include this.
error-administrator_last = This is the last administrator who may sign in. Let another one in first.
error-budget_spent = The budget of the day is used up.
error-request_malformed = The request cannot be read.
error-request_too_large = The request is too large.
error-request_timeout = The request did not arrive in full in time.
error-route_missing = There is no such page.
error-method_refused = This address does not work this way.
error-service_busy = The node has too much to do. Try again in a moment.
error-address_unusable = The node cannot listen at this address.
error-index_missing = The search index is missing. That is an error and never “no match”.
error-index_corrupt = The search index is damaged.
error-index_busy = The search index is busy.
error-index_behind = The search index lacks changes of the banks. That is an error and never “no match”.
error-index_version = The search index is of another version.
error-plugin_invalid = A plug-in breaks its contract.
error-plugin_failed = A plug-in gave no answer. Treat the content as unseen.
error-extra_missing = An optional part of nahmi is not installed.
error-fetch_disabled = Fetching by address is switched off.
error-fetch_refused = This address may not be called.
error-fetch_failed = The address did not answer as it should.
error-fetch_too_large = The answer is too large.
error-fetch_timeout = The address did not answer in time.
error-node_key_missing = The file with the node key is missing or cannot be read.
error-node_key_unsafe = Others may read or change the file with the node key.
error-job_missing = There is no such job.
error-match_missing = There is no such match.
error-message_missing = There is no such message, or it was delivered.
error-rule_missing = There is no such action rule.
error-webhook_missing = There is no such webhook.
error-precondition_failed = It was changed in the meantime.
error-request_conflict = The same request was sent before with other content.
error-request_in_progress = The same request is being served.
error-job_lost = Each worker that took the job stopped before its end.
