"""Secrets in commands and calls: where a program's manual says that its words have a password.

A command is written as a line of a shell, or as a list of quoted words.
"""

from typing import Final

from a11i_redaction.detectors.secret_formats import SecretFormat

_GAP: Final = r"(?:[ \t]{1,4}|\\{0,7}[\"'],\s{0,40}\\{0,7}[\"'])"
"""What stands between two words."""
_OTHERS: Final = r"[^\n|;]{0,200}+"
"""Words between a command and its option."""
_OF_CURL: Final = r"[^\n|]{0,300}+"
_VALUE: Final = r"(?P<secret>[^\s\"'\\\x1a\-][^\s\"'\\\x1a]{2,})"
_QUOTED: Final = r"(?P<secret>(?!(?:pass(?:word|wd)?|pwd|secret)[\"'])[^\"'\r\n\x1a]{3,})"
"""A literal of code, but for the words that documentation has there."""
_ARGUMENT: Final = r"[\"'][^\"'\r\n]{0,200}[\"'],[ ]{0,2}"
_OPTION: Final = r"-(?<=[ \t\"']-)"
"""How an option begins. The pattern begins with it, so that a text is looked through in no time."""
_AFTER_COMMAND: Final = rf"(?={_GAP})"


def _command(names: str) -> str:
    """Return what a command is, with what must follow it."""
    return rf"(?<![A-Za-z0-9_])(?:{names}){_AFTER_COMMAND}"


def _between(others: str) -> str:
    """Return what may stand between a command and the gap before its option."""
    return rf"(?:{_GAP}{others})?"


def _password(name: str, names: str, letter: str, source: str, gate: str, others: str = _OTHERS) -> SecretFormat:
    """Return the format of a password that stands behind one letter: what another has there is a port, or a width."""
    return SecretFormat(
        name,
        rf"{_OPTION}(?:{letter}{_GAP}?|-pass(?:word)?(?:=|{_GAP}))[\"']?{_VALUE}",
        source,
        gate=rf"{gate}[ \t\\\"']",
        command=_command(names),
        between=_between(others),
    )


COMMAND_FORMATS: Final[tuple[SecretFormat, ...]] = (
    SecretFormat(
        "mysql's password",
        rf"{_OPTION}p[\"']?(?P<secret>[^\s\"'\\\x1a]{{3,}})",
        "dev.mysql.com: Command options for connecting",
        gate=r"(?:mysql|mariadb)[a-z\-]{0,8}[ \t\\\"']",
        command=_command(r"(?:mysql|mariadb)(?:-?(?:dump|admin|import|check|pump|slap|binlog|sh))?"),
        between=_between(_OTHERS),
    ),
    _password(
        "sshpass's password",
        "sshpass",
        "p",
        "sshpass(1)",
        "sshpass",
        # The command that it runs has a `-p` of its own, for the port.
        rf"(?:-(?:v|P{_GAP}?[^\s]{{1,40}}))?",
    ),
    _password(
        "mongo's password",
        "mongo(?:sh|dump|restore|export|import)?",
        "p",
        "mongodb.com/docs: the tools' options",
        "mongo[a-z]{0,7}",
    ),
    _password(
        "password of a login",
        rf"(?:docker|podman|az|oc|cf|skopeo|registry|helm|crane){_GAP}login",
        "p",
        "their manual pages",
        r"(?:docker|podman|az|oc|cf|skopeo|registry|helm|crane)[\s\\\"',]{1,58}login",
    ),
    _password(
        "sqlcmd's password", "sqlcmd|bcp", "P", "learn.microsoft.com: sqlcmd utility, bcp utility", "(?:sqlcmd|bcp)"
    ),
    _password(
        "ldap's password", "ldap(?:search|add|modify|whoami|passwd|delete)", "w", "ldapsearch(1)", "ldap[a-z]{3,6}"
    ),
    _password("redis's password", "redis-cli", "a", "redis.io: redis-cli", "redis-cli"),
    SecretFormat(
        "curl's user",
        rf"{_OPTION}(?:[A-Za-z]{{0,6}}[uU]|-user)(?:=|{_GAP})?[\"']?"
        r"(?P<secret>[^\s:\"'\x1a]{1,100}:[^\s\"'\x1a]{1,})",
        "curl.se: the man page",
        "URL_CREDENTIALS",
        gate=r"curl[ \t\\\"']",
        command=_command("curl"),
        between=_between(_OF_CURL),
    ),
    SecretFormat(
        "curl's cookies",
        rf"{_OPTION}(?:b|-cookie)(?:=|{_GAP})?[\"']?(?P<secret>[^\s=\"';\x1a]{{1,64}}=[^\"'\r\n\x1a]{{4,}})",
        "curl.se: the man page",
        gate=r"curl[ \t\\\"']",
        command=_command("curl"),
        between=_between(_OF_CURL),
    ),
    SecretFormat(
        "proxy's user",
        rf"--proxy-user(?:=|{_GAP})[\"']?(?P<secret>[^\s:\"'\x1a]{{1,100}}:[^\s\"'\x1a]{{1,}})",
        "curl.se: the man page",
        "URL_CREDENTIALS",
    ),
    SecretFormat("bearer of an option", rf"--oauth2-bearer(?:=|{_GAP})[\"']?{_VALUE}", "curl.se: the man page"),
    SecretFormat(
        "httpie's user",
        rf"{_OPTION}(?:a|-auth)(?:=|{_GAP})[\"']?(?P<secret>[^\s:\"'\x1a]{{1,100}}:[^\s\"'\x1a]{{1,}})",
        "httpie.io/docs: Authentication",
        "URL_CREDENTIALS",
        gate=r"(?:-a|--auth)(?:=|[ \t\\\"'])",
        command=_command("https?"),
        between=_between(_OTHERS),
    ),
    SecretFormat(
        "archive",
        rf"{_OPTION}P{_GAP}?[\"']?{_VALUE}",
        "manual pages of zip and unzip",
        gate=r"zip[ \t\\\"']",
        command=_command("(?:un)?zip"),
        between=_between(_OTHERS),
    ),
    SecretFormat(
        "another archive",
        rf"{_OPTION}p[\"']?{_VALUE}",
        "manual pages of 7z and rar",
        gate=r"(?:7z[ar]?|rar)[ \t\\\"']",
        command=_command("7z[ar]?|(?:un)?rar"),
        between=_between(_OTHERS),
    ),
    SecretFormat(
        "openssl",
        rf"{_OPTION}[kK]{_GAP}[\"']?{_VALUE}",
        "openssl-enc(1)",
        gate=r"openssl[ \t\\\"']",
        command=_command("openssl"),
        between=_between(_OTHERS),
    ),
    SecretFormat(
        "passphrase of a key",
        rf"{_OPTION}[NP]{_GAP}[\"']?{_VALUE}",
        "man.openbsd.org: ssh-keygen",
        gate=r"ssh-keygen[ \t\\\"']",
        command=_command("ssh-keygen"),
        between=_between(_OTHERS),
    ),
    SecretFormat(
        "windows share",
        rf"{_OPTION}U{_GAP}?[\"']?[^\s%\"']{{1,60}}%{_VALUE}",
        "samba.org: smbclient(1)",
        gate=r"(?:smbclient|smbget|rpcclient)[ \t\\\"']",
        command=_command("smbclient|smbget|rpcclient"),
        between=_between(_OTHERS),
    ),
    SecretFormat(
        "windows share as a drive",
        r"\bnet[ ]use[ ](?:[A-Za-z*]:?[ ])?\\{2,4}[^\s]{1,100}[ ](?P<secret>[^\s/*\"'\x1a]{3,})",
        "learn.microsoft.com: net use",
        gate=r"net[ ]use[ \t\\\"']",
    ),
    SecretFormat(
        "remote desktop",
        rf"/p:(?<=[ \t\"']/p:)[\"']?{_VALUE}",
        "freerdp.com: the man page",
        gate=r"freerdp3?[ \t\\\"']",
        command=_command("[a-z]{0,2}freerdp3?"),
        between=_between(_OTHERS),
    ),
    SecretFormat(
        "input of a command",
        r"\b(?:echo|printf)[ ](?:-[ne][ ]|[\"']%s(?:\\n)?[\"'][ ])?[\"']?"
        r"(?:[^\s\"'|:$\x1a]{1,60}:(?=[^\n|]{3,100}\|[^\n|]{1,8}chpasswd))?"
        r"(?P<secret>[^\s\"'|$\x1a]{3,})[\"']?[ ]{0,2}\|[ ]{0,2}"
        r"(?:[^\n|]{0,120}(?:--password-stdin|--with-token|--passphrase-fd)"
        r"|sudo[ ](?:-[A-Za-z]{1,4}[ ]){0,2}-[A-Za-z]{0,3}S"
        r"|(?:sudo[ ])?(?:kinit|chpasswd|passwd[ ]--stdin|cryptsetup)\b)",
        "manual pages of docker login, gh auth login, gpg, sudo, kinit and chpasswd",
        gate=r"--password-stdin|--with-token|--passphrase-fd|sudo[ ]-|kinit|chpasswd|passwd[ ]--stdin|cryptsetup",
    ),
    SecretFormat(
        "htpasswd",
        r"\bhtpasswd[ ]{1,2}-\w{0,6}b\w{0,6}(?:[ ]{1,2}[^\s|;&>]{1,100}){1,4}[ ]{1,2}[\"']?"
        r"(?P<secret>[^\s\"'|;&>\x1a]{3,})[\"']?(?=[ ]{0,4}(?:\Z|[\r\n|;&>]))",
        "httpd.apache.org: htpasswd",
        gate=r"htpasswd[ ]",
    ),
    SecretFormat(
        "user's password",
        rf"{_OPTION}(?:p|-password)(?:=|{_GAP})[\"']?{_VALUE}",
        "useradd(8)",
        gate=r"(?:useradd|usermod)[ \t\\\"']",
        command=_command("useradd|usermod"),
        between=_between(_OTHERS),
    ),
    SecretFormat(
        "broker user's password",
        r"\brabbitmqctl[ ](?:add_user|change_password|authenticate_user)[ ][^\s]{1,60}[ ][\"']?"
        r"(?P<secret>[^\s\"'\x1a]{3,})",
        "rabbitmq.com: rabbitmqctl(8)",
        gate=r"rabbitmqctl[ \t\\\"']",
    ),
    SecretFormat(
        "gh's secret",
        rf"{_OPTION}(?:b|-body)(?:=|{_GAP})?[\"']?{_VALUE}",
        "cli.github.com/manual: gh secret set",
        gate=r"secret[ \t\\\"',]{1,4}set",
        command=_command(rf"gh{_GAP}secret{_GAP}set"),
        between=_between(_OTHERS),
    ),
    SecretFormat("masked value", r"::add-mask::(?P<secret>[^\s$\x1a]{3,})", "docs.github.com: Workflow commands"),
    SecretFormat(
        "poetry's repository",
        r"\bpoetry[ ]config[ ](?:--\w{1,12}[ ]){0,2}(?:http-basic\.[^\s]{1,60}[ ][^\s]{1,60}|pypi-token\.[^\s]{1,60})"
        rf"[ ][\"']?{_VALUE}",
        "python-poetry.org: Configuring credentials",
        gate=r"poetry[ ]config[ ]",
    ),
    SecretFormat(
        "secure string",
        r"ConvertTo-SecureString[ ](?:-String[ ])?[\"'](?P<secret>[^\"'\r\n$\x1a]{3,})",
        "learn.microsoft.com: ConvertTo-SecureString",
    ),
    SecretFormat(
        "password of a database call",
        r"(?:new PDO|mysqli?(?:_connect)?|getConnection|pg_connect|createConnection)[ ]?\([ ]{0,2}"
        rf"{_ARGUMENT}[\"'][^\"'\r\n]{{0,100}}[\"'],[ ]{{0,2}}[\"'](?P<secret>[^\"'\r\n\x1a]{{3,}})"
        rf"|(?:pymysql|MySQLdb)\.connect\([ ]{{0,2}}{_ARGUMENT}{_ARGUMENT}[\"'](?P<other>[^\"'\r\n\x1a]{{3,}})",
        "php.net: PDO::__construct; docs.oracle.com: DriverManager; pymysql.readthedocs.io",
        gate=r"(?:new PDO|mysqli?(?:_connect)?|getConnection|pg_connect|createConnection)[ ]?\(|(?:pymysql|MySQLdb)\.c",
    ),
    SecretFormat(
        "user and password of a call",
        r"(?:(?:Basic|Digest|Ntlm|HTTPBasic|HTTPDigest|HttpNtlm)Auth|(?:PS|Network|UsernamePassword|Plain)Credentials?"
        r"|PasswordAuthentication|[^\w.]auth[ ]?=[ ]?|\.login|\.set_basic_auth|\.basic_auth)\([ ]{0,2}"
        rf"{_ARGUMENT}b?[\"']{_QUOTED}[\"'][ ]{{0,2}}[,)]"
        rf"|\.connect\([ ]{{0,2}}{_ARGUMENT}\d{{1,5}},[ ]{{0,2}}{_ARGUMENT}[\"'](?P<other>[^\"'\r\n\x1a]{{3,}})",
        "requests.readthedocs.io: Authentication; docs.python.org: smtplib; docs.paramiko.org",
        gate=r"(?:Auth|Credentials?|PasswordAuthentication|auth[ ]?=[ ]?|\.login|_auth|\.connect)\([ ]{0,2}[\"']",
    ),
    SecretFormat(
        "password of a SQL call",
        r"\bcrypt\([ ]?'(?P<secret>[^'\r\n\x1a]{3,})',[ ]?gen_salt",
        "postgresql.org: pgcrypto",
        gate=r"crypt\([ ]?'",
    ),
    SecretFormat(
        "answer to a prompt",
        r"(?i:password|passphrase)[^\r\n\"']{0,20}[\"']\)?;?\s{1,8}(?i:send(?:line)?)[ ]?\(?[ ]?(?:--[ ])?[\"']"
        r"(?P<secret>[^\"'\\\r\n$\x1a]{3,})",
        "core.tcl-lang.org: expect(1)",
        gate=r"(?i:send(?:line)?)[ ]?\(?[ ]?(?:--[ ])?[\"']",
    ),
    SecretFormat(
        "mail login",
        r"\bAUTH[ ](?:PLAIN|LOGIN|XOAUTH2)[ ](?P<secret>[A-Za-z0-9+/]{8,}={0,2})"
        # What the server asks for is base64 of "Password:".
        r"|\b334[ ]UGFzc3dvcmQ6?\s{1,4}(?:C:[ ]|>{1,3}[ ])?(?P<other>[A-Za-z0-9+/]{4,}={0,2})",
        "RFC 4954",
        packed=True,
        gate=r"AUTH[ ](?:PLAIN|LOGIN|XOAUTH2)[ ]|334[ ]UGFzc3dvcmQ6",
    ),
)
