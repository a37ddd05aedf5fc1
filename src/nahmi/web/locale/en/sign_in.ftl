# SPDX-License-Identifier: Apache-2.0

sign-in = Sign in
sign-in-lead = For the people who look after this node.
sign-in-lost = No access any more? An administrator can give you a new one-time link.
email = Email address
password = Password
second-factor = Second factor
second-factor-lead = Type the code that your authenticator app shows now.
code = Code
code-hint = Six digits, or one of your recovery codes.
login-link = One-time link
login-link-lead = This link signs you in once. It works only until you use it or its time is over.
login-link-use = Sign in with this link
set-password = Set a new password
set-password-lead = At least { $shortest } characters. A few words that you make up are good; no special characters are needed.
set-password-do = Set the password
password-current = Present password
password-new = New password
password-again = New password again
password-hint = It may be pasted from a password manager.
totp = Set up the second factor
totp-lead = With a second factor nobody can sign in with your password alone.
totp-step-app = Open an authenticator app on your telephone. Any that knows time-based codes will do.
totp-step-scan = Scan this code, or type the secret into the app.
totp-qr = QR code for the authenticator app; the secret below says the same
totp-manual = Secret for typing
totp-step-code = Type the code that the app shows now.
totp-do = Switch the second factor on
totp-later = Not now
totp-again = Set it up again
recovery = Your recovery codes
recovery-lead = Each of these codes replaces the second factor once, for the day when you do not have your telephone.
recovery-kept = I have stored the codes
recovery-left = { $count ->
    [one] { $count } recovery code is left.
   *[other] { $count } recovery codes are left.
}
