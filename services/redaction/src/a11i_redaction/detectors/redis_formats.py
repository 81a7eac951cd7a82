"""Passwords in commands, settings and protocol of Redis and of what speaks as it does."""

from typing import Final

from a11i_redaction.detectors.secret_formats import SecretFormat

_END: Final = r"(?:\r?\n|\\{1,4}r\\{1,4}n)"
"""What ends a line of the protocol, as it is or escaped."""
_STRING: Final = rf"{_END}\$\d{{1,6}}{_END}"
"""What stands before a string of the protocol."""
_QUOTE: Final = r"\\{0,7}[\"'`]"
_NEXT: Final = rf"{_QUOTE}(?:,[ ]{{0,4}}|[ ]{{1,4}})b?{_QUOTE}"
"""Between two strings of a list, or of what MONITOR prints."""
_PROMPT: Final = (
    r"(?:\d{1,5}(?:\[\d{1,3}\])?|\bredis|\bconnected)(?:\(TX\))?>[ ]{1,4}|\bredis-cli[ ](?:-[^\n|;]{1,200}?[ ])?"
)
_WORD: Final = r"[^\s\"'`\x1a]"
_LAST: Final = r"(?=\\{0,7}[\"'`]?[ ]{0,4}(?:\Z|[\r\n|;&)\]#]))"
"""Behind the last word of a command."""
_CALL: Final = r"\b(?i:execute_?command|send_?command|call|do)"
"""How clients' libraries, and scripts in Lua, name what sends a command."""
_MECHANISM: Final = r"(?i:PLAIN|LOGIN|NTLM|GSSAPI|EXTERNAL|TLS|SSL|CRAM-|DIGEST-|SCRAM-|XOAUTH|OAUTHBEARER)"
"""What mail and files are signed in to with: the command has the same name there."""
_PASSWORD: Final = rf"(?=[\"'][^\"'\n\x1a]{{4,200}}[\"']|[^\s\"'\x1a]{{4,200}}{_LAST})"
_USER: Final = rf"(?:{_WORD}{{1,60}}[ ]{{1,4}}(?=[\"']?{_WORD}))?"
_SETTING: Final = (
    rf"(?:(?:requirepass|masterauth|sentinel-pass)(?:{_QUOTE})?[ \t]{{1,8}}"
    rf"|auth-pass(?:{_QUOTE})?[ \t]{{1,8}}(?:{_WORD}{{1,60}}[ \t]{{1,8}}(?=[\"']?[^\s#]))?)(?=[^\s=\x1a])"
)
_SETTING_GATE: Final = r"(?:requirepass|masterauth|sentinel-pass|auth-pass)(?:[\\\"'`]{0,8}(?:[ \t,]|\r?\n)|\\)"
_RIGHTS: Final = r"(?=[^\n]{0,300}[ ](?:[~&%+][^\s]|all(?:keys|commands|channels)\b))"
"""What such a line says of keys and commands."""

REDIS_FORMATS: Final = (
    SecretFormat(
        "redis's login",
        rf"(?:(?:{_PROMPT})(?i:auth)[ ]{{1,4}}{_USER}{_PASSWORD}"
        rf"|\b(?i:hello[ ][23][ ]auth|auth2)[ ]{{1,4}}{_WORD}{{1,60}}[ ]{{1,4}}(?=\S)"
        rf"|{_CALL}\([^\n()]{{0,40}}{_QUOTE}AUTH{_NEXT}(?:[^\"'`\n]{{1,60}}{_NEXT})?(?=[^\s\"'`\x1a])"
        rf"|\bAUTH{_STRING}(?:[^\r\n\\]{{1,60}}{_STRING})?(?=[^\s\\]))",
        "redis.io: AUTH; HELLO; MIGRATE; the serialization protocol",
        gate=r"(?i)(?:>|cli|[ ][23])[ ].{0,200}auth[ ]|auth2[ ]|(?:command|call|do)\([^\n()]{0,40}auth[\\\"'`]"
        r"|\bauth(?:\r?\n|\\{1,4}r\\{1,4}n)\$",
        named=True,
        certain=True,
    ),
    SecretFormat(
        "login without a prompt",
        rf"(?:(?:\A|(?<=[\n\"'`]))(?:[ ]{{0,4}}>[ ])?AUTH[ ]{{1,4}}(?!{_MECHANISM}){_USER}(?![\w.\-]{{1,40}}=)"
        rf"|{_QUOTE}AUTH{_NEXT}(?:[^\"'`\n]{{1,60}}{_NEXT})?(?!{_MECHANISM}))"
        rf"(?=[\"']?{_WORD}{{4,200}}{_LAST})",
        "redis.io: AUTH",
        gate=r"(?:\A|[\n\"'`]|>[ ])AUTH(?:[ ]|\\{0,7}[\"'`])",
        named=True,
    ),
    SecretFormat(
        "password of a directive",
        rf"(?:(?:\A|(?<=\n))[ \t\"']{{0,8}}{_SETTING}(?=[\"']?[^\s\"']{{4,200}}{_LAST})"
        rf"|(?i:\b(?:set|sentinel))(?:{_NEXT}|[ ]{{1,4}}){_SETTING})",
        "redis.io: configuration; CONFIG SET; Sentinel",
        gate=_SETTING_GATE,
        named=True,
        certain=True,
    ),
    SecretFormat(
        "directive in a sentence or an answer",
        rf"(?<![\w\-])(?:{_SETTING}"
        rf"|(?:requirepass|masterauth)(?:{_QUOTE},[ ]{{0,4}}(?={_QUOTE})|{_STRING}"
        rf"|{_QUOTE}\s{{1,4}}\d{{1,3}}\)[ ](?=\")))",
        "redis.io: CONFIG GET",
        gate=_SETTING_GATE,
        named=True,
    ),
    SecretFormat(
        "password of a rule",
        r"[<>](?P<secret>[^\s\"'`\\\x1a]{3,})|\#(?P<hash>[0-9a-f]{64})",
        "redis.io: ACL SETUSER",
        gate=r"(?i)\bacl[ ]{1,4}setuser[ ]",
        # By itself, `setuser` is a program, whose output goes where `>` says.
        command=r"(?i:\bacl[ ]{1,4}setuser)(?=[ ])",
        between=r"[^\n|;]{0,300}",
    ),
    SecretFormat(
        "password of a rule in a file",
        rf"(?:[<>](?P<secret>[^\s\"'`\\\x1a]{{3,}})|\#(?P<hash>[0-9a-f]{{64}})){_RIGHTS}",
        "redis.io: ACL, the external file; ACL LIST",
        gate=r"\buser[ ][^\s]{1,60}[ ](?:on|off|reset)[ ]",
        command=r"\buser[ ][^\s]{1,60}[ ](?:on|off|reset)(?=[ ])",
        between=r"[^\n]{0,300}",
    ),
)
"""Formats that say of the value behind them, or hold, that it is a password."""
