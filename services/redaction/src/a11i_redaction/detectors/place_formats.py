"""Secrets that the place tells where they stand: in headers, links, files of programs, and beside another value."""

from typing import Final

from a11i_redaction.detectors.secret_formats import SecretFormat

_URL: Final = r"[A-Za-z0-9_\-]"
_LINK: Final = r"[A-Za-z0-9_\-.~%]"
_B64: Final = r"[A-Za-z0-9+/]"
_LONGEST_WIFI: Final = 300
"""Characters of a password, escaped: 63 or, for companies' networks, some more."""
_ONE_TIME: Final = (
    r"reset[_\-]?password|password[_\-]?reset|passwordreset|forgot[_\-]?password|reset|invite|invitations?|activate"
    r"|activation|verify|verify[_\-]?email|confirm|confirmation|unsubscribe|magic|magic[_\-]?link"
)

PLACE_FORMATS: Final[tuple[SecretFormat, ...]] = (
    SecretFormat(
        "authorization of another scheme",
        r"(?i:authorization)\\{0,7}[\"']?[ ]{0,2}[:=][ ]{0,2}\\{0,7}[\"']?"
        r"(?:(?:Digest|AWS4-HMAC-SHA256|OAuth|Hawk|Negotiate|NTLM|SharedKey(?:Lite)?)[ ](?P<secret>[^\r\n'\x1a]{16,})"
        r"|(?:[A-Za-z][A-Za-z0-9_\-]{1,20}[ ])?"
        r"(?P<other>(?:(?=[^\s\"']{0,200}\d)(?=[^\s\"']{0,200}[A-Z])(?=[^\s\"']{0,200}[a-z])[A-Za-z0-9_\-.~+/]{16,}={0,2}|[0-9a-f]{32,})))",
        "RFC 9110, 11.6.2; RFC 7616; docs.aws.amazon.com: Signature Version 4",
        mixed=True,
        gate=r"(?i:authorization)[\\\"']{0,8}[ ]{0,2}[:=]",
    ),
    SecretFormat(
        "signed link",
        rf"[?&](?:X-Goog-|X-Amz-)?Signature=(?P<secret>{_LINK}{{20,}})",
        "cloud.google.com: signed URLs; docs.aws.amazon.com: CloudFront signed URLs",
        mixed=True,
    ),
    SecretFormat(
        "code of an authorization",
        rf"[?&]code=(?P<secret>(?:{_URL}|[.~%/]){{20,}})|\bcode=(?P<other>(?:{_URL}|[.~%/]){{20,}})(?=&)",
        "RFC 6749, 4.1.2",
        mixed=True,
        gate=rf"code=(?:{_URL}|[.~%/]){{20}}",
    ),
    SecretFormat(
        "link for one use",
        rf"/(?:{_ONE_TIME})(?:/|/?\?(?:[A-Za-z0-9_%=.\-]{{1,100}}&)?[A-Za-z_]{{1,12}}=)(?P<secret>{_URL}{{20,200}})",
        "cheatsheetseries.owasp.org: Forgot Password, URL tokens",
        mixed=True,
        gate=rf"/(?:{_ONE_TIME})[/?]",
    ),
    SecretFormat(
        "cookies of a file",
        r"\t(?:TRUE|FALSE)\t[^\t\r\n]{1,200}\t(?:TRUE|FALSE)\t\d{1,12}\t[^\t\r\n]{1,200}\t(?P<secret>[^\t\r\n\x1a]{4,})",
        "curl.se: HTTP cookies, Netscape's file format",
        gate=r"\t(?:TRUE|FALSE)\t\d{1,12}\t",
    ),
    SecretFormat(
        "cookies of a browser's table",
        rf"(?:{_URL}|\.){{0,60}}(?:session|token|auth|sid){_URL}{{0,20}}\t(?P<secret>[^\s\x1a]{{16,}})\t",
        "developer.chrome.com: Application panel, cookies",
        mixed=True,
        gate=rf"(?:session|token|auth|sid){_URL}{{0,20}}\t",
    ),
    SecretFormat(
        "wifi",
        # Behind a letter it would be found once what stands before it is taken: one code each time, in a row of them.
        r"(?<![\w\x1a])WIFI:(?:(?:(?!P:)[A-Za-z0-9]{1,4}:(?:[^;\\\r\n\"'\x1a]|\\.){0,120}+)?;){0,9}"
        rf"P:(?P<secret>(?:[^;\\\r\n\x1a]|\\.){{4,{_LONGEST_WIFI}}}+);",
        "zxing wiki: Barcode Contents, Wi-Fi network config",
        gate="WIFI:",
    ),
    SecretFormat(
        "secret access key beside its id",
        # The id may have been taken out before.
        r"(?:(?:AKIA|ASIA)[A-Z0-9]{16}|(?:CREDENTIALS|ACCESSKEY)\t\x1a)[\s,:;|\"']{1,6}(?:\d{4}-[0-9TZ:+.\-]{6,30}\s{1,4})?"
        rf"(?P<secret>{_B64}{{40}})(?!{_B64})(?:\t(?P<token>{_B64}{{80,3000}}={{0,2}}))?",
        "docs.aws.amazon.com: access keys; the CLI's output as text",
        gate=r"(?:AKIA|ASIA)[A-Z0-9]{16}",
        mixed=True,
    ),
    SecretFormat(
        "session token as it begins",
        rf"(?:FwoGZXIvYXdzE|IQoJb3JpZ2lu|FQoGZXIvYXdzE){_B64}{{60,3000}}={{0,2}}",
        "docs.aws.amazon.com: AWS STS, session tokens as they begin",
    ),
    SecretFormat(
        "secret of one-time passwords",
        r"(?i:totp|otp|2fa|mfa|authenticator)[\"']?[ ]?(?i:secret|key|seed|setup key)?[\"']?[ ]{0,2}(?i:is|[:=])"
        r"[ ]{0,2}[\"']?(?P<secret>[A-Z2-7]{4}(?:[ \-]?[A-Z2-7]{4}){3,15})\b",
        "github.com/google/google-authenticator wiki: Key URI format",
        mixed=True,
    ),
    SecretFormat(
        "npm's and docker's login",
        rf"\b_?auth\\{{0,7}}[\"']?[ ]{{0,2}}[:=][ ]{{0,2}}\\{{0,7}}[\"']?(?P<secret>{_B64}{{11,400}}={{0,2}})",
        "docs.npmjs.com: npmrc, auth related configuration",
        login=True,
    ),
    SecretFormat(
        "netrc",
        r"\blogin[ \t]{1,4}[^\s]{1,100}\s{1,8}password[ \t]{1,4}(?P<secret>[^\s\x1a]{3,})"
        r"|\bmachine[ \t]{1,4}[^\s.]{1,60}\.[^\s]{1,100}\s{1,8}password[ \t]{1,4}(?P<other>[^\s\x1a]{3,})",
        "gnu.org: Inetutils, the .netrc file",
        gate=r"\bpassword[ \t]",
    ),
    SecretFormat(
        "login of a chat",
        r"\b(?i:creds?|credentials?|logins?)(?i:[ ](?:is|are|with|as))?[: ]{1,3}"
        r"(?:[A-Za-z][\w.\-]{0,40}|\x1a)[ ]?[/:][ ]?"
        r"(?P<secret>(?=[^\s]*\d)(?=[^\s]*[A-Z])(?=[^\s]*[a-z])[^\s\"'`,;/.\x1a]{8,})",
        "what people write",
        gate=r"(?i:creds?|credentials?|logins?)[ :]",
    ),
    SecretFormat(
        "yarn's login",
        r"\bnpmAuthIdent[\"']?:[ ]{0,2}[\"']?(?P<secret>[^\s:\"']{1,100}:[^\s\"'\x1a]{3,})",
        "yarnpkg.com: configuration",
        "URL_CREDENTIALS",
    ),
)
