"""Secrets in commands and calls: where a program's manual says that its words have a password.

A command is written as a line of a shell, or as a list of quoted words.
"""

from typing import Final

from a11i_redaction.detectors.secret_formats import SecretFormat

_GAP: Final = r"(?:[ \t]{1,4}|\\{0,7}[\"'],\s{0,40}\\{0,7}[\"'])"
"""What stands between two words."""
_OTHERS: Final = rf"(?:[^\n|;]{{0,200}}{_GAP})?"
"""Words before the one that counts."""
_VALUE: Final = r"(?P<secret>[^\s\"'\\\x1a\-][^\s\"'\\\x1a]{2,})"
_QUOTED: Final = r"(?P<secret>(?!(?:pass(?:word|wd)?|pwd|secret)[\"'])[^\"'\r\n\x1a]{3,})"
"""A literal of code, but for the words that documentation has there."""
_ARGUMENT: Final = r"[\"'][^\"'\r\n]{0,200}[\"'],[ ]{0,2}"


COMMAND_FORMATS: Final[tuple[SecretFormat, ...]] = (
    SecretFormat(
        "mysql's password",
        rf"(?:mysql|mariadb)(?:-?(?:dump|admin|import|check|pump|slap|binlog|sh))?{_GAP}{_OTHERS}[\"']?-p[\"']?"
        r"(?P<secret>[^\s\"'\\\x1a]{3,})",
        "dev.mysql.com: Command options for connecting",
        gate=r"(?:mysql|mariadb)[a-z\-]{0,8}[ \t\\\"']",
    ),
    SecretFormat(
        "password of an option",
        rf"(?:sshpass|mongo(?:sh|dump|restore|export|import)?|(?:docker|podman|az|oc|cf|skopeo|registry|helm|crane)"
        rf"{_GAP}login|sqlcmd|ldap(?:search|add|modify|whoami|passwd|delete)|redis-cli){_GAP}{_OTHERS}"
        rf"-(?:[pPwa]{_GAP}?|-password(?:=|{_GAP})|-pass(?:=|{_GAP}))[\"']?{_VALUE}",
        "their manual pages",
        gate=r"(?:sshpass|mongo[a-z]{0,7}|login|sqlcmd|ldap[a-z]{3,6}|redis-cli)[ \t\\\"']",
    ),
    SecretFormat(
        "curl's user",
        rf"curl{_GAP}(?:[^\n|]{{0,300}}{_GAP})?(?:-[A-Za-z]{{0,6}}[uU]|--user)(?:=|{_GAP})?[\"']?"
        r"(?P<secret>[^\s:\"'\x1a]{1,100}:[^\s\"'\x1a]{1,})",
        "curl.se: the man page",
        "URL_CREDENTIALS",
        gate=r"curl[ \t\\\"']",
    ),
    SecretFormat(
        "curl's cookies",
        rf"curl{_GAP}(?:[^\n|]{{0,300}}{_GAP})?(?:-b|--cookie)(?:=|{_GAP})?[\"']?"
        r"(?P<secret>[^\s=\"';\x1a]{1,64}=[^\"'\r\n\x1a]{4,})",
        "curl.se: the man page",
        gate=r"(?:-b|--cookie)[ =\"'a-zA-Z]",
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
        rf"\bhttps?{_GAP}{_OTHERS}(?:-a|--auth)(?:=|{_GAP})[\"']?(?P<secret>[^\s:\"'\x1a]{{1,100}}:[^\s\"'\x1a]{{1,}})",
        "httpie.io/docs: Authentication",
        "URL_CREDENTIALS",
        gate=r"(?:-a|--auth)(?:=|[ \t\\\"'])",
    ),
    SecretFormat(
        "archive",
        rf"\b(?:(?:un)?zip{_GAP}{_OTHERS}-P{_GAP}?|(?:7z[ar]?|(?:un)?rar){_GAP}{_OTHERS}-p)[\"']?{_VALUE}",
        "manual pages of zip, unzip, 7z and rar",
        gate=r"(?:zip|7z[ar]?|rar)[ \t\\\"']",
    ),
    SecretFormat(
        "openssl", rf"\bopenssl{_GAP}{_OTHERS}-[kK]{_GAP}[\"']?{_VALUE}", "openssl-enc(1)", gate=r"openssl[ \t\\\"']"
    ),
    SecretFormat(
        "passphrase of a key",
        rf"\bssh-keygen{_GAP}{_OTHERS}-[NP]{_GAP}[\"']?{_VALUE}",
        "man.openbsd.org: ssh-keygen",
        gate=r"ssh-keygen[ \t\\\"']",
    ),
    SecretFormat(
        "windows share",
        rf"\b(?:smbclient|smbget|rpcclient){_GAP}{_OTHERS}-U{_GAP}?[\"']?[^\s%\"']{{1,60}}%{_VALUE}"
        rf"|\bnet[ ]use[ ](?:[A-Za-z*]:?[ ])?\\{{2,4}}[^\s]{{1,100}}[ ](?P<other>[^\s/*\"'\x1a]{{3,}})",
        "samba.org: smbclient(1); learn.microsoft.com: net use",
        gate=r"(?:smbclient|smbget|rpcclient|net[ ]use)[ \t\\\"']",
    ),
    SecretFormat(
        "remote desktop",
        rf"\b[a-z]{{0,2}}freerdp3?{_GAP}{_OTHERS}/p:[\"']?{_VALUE}",
        "freerdp.com: the man page",
        gate=r"freerdp3?[ \t\\\"']",
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
        rf"\b(?:useradd|usermod){_GAP}{_OTHERS}(?:-p|--password)(?:=|{_GAP})[\"']?{_VALUE}"
        r"|\brabbitmqctl[ ](?:add_user|change_password|authenticate_user)[ ][^\s]{1,60}[ ][\"']?"
        r"(?P<other>[^\s\"'\x1a]{3,})",
        "useradd(8); rabbitmq.com: rabbitmqctl(8)",
        gate=r"(?:useradd|usermod|rabbitmqctl)[ \t\\\"']",
    ),
    SecretFormat(
        "gh's secret",
        rf"\bgh{_GAP}secret{_GAP}set{_GAP}{_OTHERS}(?:-b|--body)(?:=|{_GAP})?[\"']?{_VALUE}",
        "cli.github.com/manual: gh secret set",
        gate=r"secret[ \t\\\"',]{1,4}set",
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
        "mail login", r"\bAUTH[ ](?:PLAIN|LOGIN|XOAUTH2)[ ](?P<secret>[A-Za-z0-9+/]{8,}={0,2})", "RFC 4954", mixed=True
    ),
)
