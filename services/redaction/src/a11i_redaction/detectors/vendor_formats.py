"""The formats of keys that vendors made recognisable, as data.

Lengths and prefixes are those of the page that a row names; where a vendor names only the prefix, the length is that
of keys that it issues, with some air.
"""

from typing import Final

from a11i_redaction.detectors.model_formats import MODEL_FORMATS
from a11i_redaction.detectors.secret_formats import SecretFormat

_B64 = r"[A-Za-z0-9+/]"
_URL = r"[A-Za-z0-9_\-]"
_SIGN = r"[\"']{0,2}[ ]{0,3}(?:=>|[=:,>])[ ]{0,3}[\"']?"
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"

VENDOR_FORMATS: Final[tuple[SecretFormat, ...]] = (
    *MODEL_FORMATS,
    # Clouds
    SecretFormat(
        "aws access key id",
        r"(?:AKIA|ASIA|AROA|AIDA|AGPA|ANPA|ABIA|ACCA|A3T[A-Z0-9])[A-Z0-9]{16}",
        "docs.aws.amazon.com: IAM identifiers, unique IDs",
    ),
    SecretFormat(
        "aws bedrock",
        rf"ABSK{_B64}{{40,260}}={{0,2}}|bedrock-api-key-{_B64}{{40,1500}}={{0,2}}",
        "docs.aws.amazon.com: Amazon Bedrock API keys",
        mixed=True,
    ),
    SecretFormat(
        "aws secret access key",
        rf"(?i:aws[_.\- ]?secret[_.\- ]?(?:access[_.\- ]?)?key|secretaccesskey){_SIGN}(?P<secret>{_B64}{{40}})",
        "docs.aws.amazon.com: Access keys of IAM users",
    ),
    SecretFormat(
        "aws session token",
        rf"(?i:aws[_.\- ]?(?:session|security)[_.\- ]?token|sessiontoken){_SIGN}(?P<secret>{_B64}{{80,1500}}={{0,2}})",
        "docs.aws.amazon.com: Temporary security credentials",
    ),
    SecretFormat(
        "aws signature",
        r"X-Amz-Signature=(?P<secret>[0-9a-f]{64})",
        "docs.aws.amazon.com: Signature Version 4, query parameters",
    ),
    SecretFormat(
        "google api key",
        rf"AIza{_URL}{{35}}|AQ\.Ab{_URL}{{40,100}}",
        "cloud.google.com/docs: API keys; keys that are bound to a service account",
    ),
    SecretFormat(
        "google oauth token", rf"ya29\.{_URL}{{20,250}}", "developers.google.com: OAuth 2.0 access tokens", mixed=True
    ),
    SecretFormat(
        "google oauth refresh token",
        rf"1//0{_URL}{{40,200}}",
        "developers.google.com: OAuth 2.0 refresh tokens",
        mixed=True,
    ),
    SecretFormat("google oauth secret", rf"GOCSPX-{_URL}{{28}}", "developers.google.com: OAuth client secrets"),
    SecretFormat(
        "azure storage key",
        rf"(?i:AccountKey|SharedAccessKey)=(?P<secret>{_B64}{{40,88}}={{0,2}})",
        "learn.microsoft.com: Configure Azure Storage connection strings; Service Bus SAS",
    ),
    SecretFormat(
        "azure sas",
        r"[?&;]sig=(?P<secret>[A-Za-z0-9%+/]{40,90}={0,2})",
        "learn.microsoft.com: Shared access signatures",
        mixed=True,
    ),
    SecretFormat(
        "azure ad secret",
        r"[A-Za-z0-9_~.\-]{3}\dQ~[A-Za-z0-9_~.\-]{31,34}",
        "learn.microsoft.com: Purview, Microsoft Entra client secret",
        mixed=True,
    ),
    SecretFormat(
        "azure key",
        r"[A-Za-z0-9]{76}AZC[A-Z][A-Za-z0-9]{4}|[A-Za-z0-9]{52}JQQJ99[A-Za-z0-9]{26}",
        "learn.microsoft.com: Purview, Azure AI Services keys",
    ),
    SecretFormat(
        "azure resource key",
        rf"{_B64}{{33,76}}(?:APIM|ACDb|\+ASt|AzFu|AzSe|\+AEh|\+ARm|\+AIo|\+ACR){_B64}{{4,8}}={{0,2}}",
        "learn.microsoft.com: Purview, identifiable Azure keys",
        mixed=True,
    ),
    SecretFormat(
        "azure devops",
        r"[a-z2-7]{52}AZDO[a-z0-9]{4}|[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}",
        "learn.microsoft.com: Personal access tokens, format",
    ),
    SecretFormat("digitalocean", r"do[opr]_v1_[0-9a-f]{64}", "docs.digitalocean.com: Personal access tokens"),
    SecretFormat(
        "cloudflare",
        rf"(?:cfut|cfat|cfk)_{_URL}{{40,60}}|v1\.0-[0-9a-f]{{24}}-[0-9a-f]{{146}}",
        "developers.cloudflare.com: Token formats; Origin CA keys",
        mixed=True,
    ),
    SecretFormat("alibaba", r"LTAI[A-Za-z0-9]{12,24}", "alibabacloud.com/help: AccessKey pairs", mixed=True),
    SecretFormat("tencent", r"AKID[A-Za-z0-9]{32}", "intl.cloud.tencent.com: Access keys", mixed=True),
    SecretFormat(
        "yandex",
        rf"AQVN[A-Za-z0-9_\-]{{35,38}}|y[0-3]_[A-Za-z0-9_\-]{{50,60}}|YC[A-Za-z0-9_\-]{{38}}|t1\.{_URL}{{20,500}}={{0,2}}\.{_URL}{{80,100}}={{0,2}}",
        "yandex.cloud/docs: IAM, API keys and tokens",
        mixed=True,
    ),
    SecretFormat("scaleway", r"SCW[A-Z0-9]{17}", "scaleway.com/docs: API keys", mixed=True),
    SecretFormat(
        "databricks",
        r"(?:dapi|dose|dkea|dosa)[0-9a-f]{32}(?:-\d)?",
        "docs.databricks.com: Personal access tokens; OAuth secrets",
        mixed=True,
    ),
    SecretFormat("heroku", rf"HRKU-{_URL}{{36,64}}", "devcenter.heroku.com: Platform API, OAuth tokens", mixed=True),
    SecretFormat(
        "vault",
        rf"hv[sbr]\.{_URL}{{24,300}}",
        "developer.hashicorp.com: Vault tokens, prefixes",
        mixed=True,
    ),
    SecretFormat(
        "vault, legacy",
        r"s\.[A-Za-z0-9]{24}(?![A-Za-z0-9])",
        "developer.hashicorp.com: Vault tokens, before 1.10",
        mixed=True,
        gate=r"s\.[A-Za-z0-9]{24}",
    ),
    SecretFormat(
        "terraform cloud",
        rf"[A-Za-z0-9]{{14}}\.atlasv1\.{_URL}{{60,70}}",
        "developer.hashicorp.com: HCP Terraform API tokens",
    ),
    SecretFormat(
        "doppler",
        r"dp\.(?:pt|st|ct|sa|said|scim|audit)\.[A-Za-z0-9_.\-]{30,90}",
        "docs.doppler.com: Auth token formats",
        mixed=True,
    ),
    SecretFormat(
        "infisical", r"st\.[0-9a-f]{24}\.[0-9a-f]{32}\.[0-9a-f]{32}", "infisical.com/docs: Service tokens", mixed=True
    ),
    SecretFormat(
        "1password",
        r"ops_eyJ[A-Za-z0-9_+/\-]{100,2000}={0,2}|A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})-[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{5}",
        "developer.1password.com: Service accounts; support: Secret Key",
    ),
    SecretFormat(
        "supabase", rf"sb(?:p_(?:v0_|oauth_)?[0-9a-f]{{40}}|_secret_{_URL}{{20,60}})", "supabase.com/docs: API keys"
    ),
    SecretFormat(
        "planetscale",
        r"pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.\-]{32,64}",
        "planetscale.com/docs: Service tokens; passwords",
        mixed=True,
    ),
    SecretFormat(
        "neon",
        r"napi_[a-z0-9]{60,80}|npg_[A-Za-z0-9]{12,24}",
        "neon.tech/docs: API keys; connection strings",
        mixed=True,
    ),
    SecretFormat(
        "fly.io",
        r"(?:FlyV1 )?fm[12][ar]?_[A-Za-z0-9+/=,_]{40,900}|fo1_[A-Za-z0-9_\-]{43}",
        "fly.io/docs: Access tokens",
        mixed=True,
    ),
    SecretFormat(
        "vercel",
        r"(?:vcp|vci|vca|vcr|vck)_[A-Za-z0-9]{24,64}|vercel_blob_rw_[A-Za-z0-9_]{30,80}",
        "vercel.com/docs: Token formats; Blob",
        mixed=True,
    ),
    SecretFormat("netlify", r"nf[pcoub]_[A-Za-z0-9_]{36,40}", "docs.netlify.com: API, token prefixes", mixed=True),
    SecretFormat("render", r"rnd_[A-Za-z0-9]{28,40}", "render.com/docs: API keys", mixed=True),
    SecretFormat(
        "tailscale",
        r"tskey-(?:auth|api|client|scim|webhook)-[A-Za-z0-9]{6,32}(?:CNTRL)?-[A-Za-z0-9]{20,64}",
        "tailscale.com/kb: Key prefixes",
        mixed=True,
    ),
    SecretFormat("ngrok", r"[12][A-Za-z0-9]{26}_[A-Za-z0-9]{20,24}", "ngrok.com/docs: Authtokens", mixed=True),
    SecretFormat("clickhouse cloud", r"4b1d[A-Za-z0-9]{38}", "clickhouse.com/docs: Cloud API keys", mixed=True),
    SecretFormat("openshift", rf"sha256~{_URL}{{43}}", "docs.redhat.com: OAuth access tokens", mixed=True),
    SecretFormat("scalingo", rf"tk-us-{_URL}{{48}}", "doc.scalingo.com: Tokens", mixed=True),
    SecretFormat("octopus", r"API-[A-Z0-9]{25,32}", "octopus.com/docs: API keys", mixed=True),
    SecretFormat(
        "harness",
        rf"[ps]at\.{_URL}{{22}}\.[A-Za-z0-9]{{24}}\.[A-Za-z0-9]{{20}}",
        "developer.harness.io: Manage API keys",
        mixed=True,
    ),
    SecretFormat("infracost", r"ico-[A-Za-z0-9]{32}", "infracost.io/docs: API key", mixed=True),
    SecretFormat("pulumi", r"pul-[0-9a-f]{40}", "pulumi.com/docs: Access tokens"),
    SecretFormat("prefect", r"pn[ub]_[A-Za-z0-9]{36}", "docs.prefect.io: API keys", mixed=True),
    SecretFormat("dagster", r"agent:[A-Za-z0-9_\-]{1,60}:[A-Za-z0-9]{32}", "docs.dagster.io: Agent tokens", mixed=True),
    SecretFormat("confluent", r"cflt[A-Za-z0-9+/]{56,60}", "docs.confluent.io: API keys", mixed=True),
    # Watching
    SecretFormat(
        "grafana",
        r"gl(?:c_[A-Za-z0-9+/]{32,400}={0,2}|sa_[A-Za-z0-9]{32}_[0-9a-fA-F]{8})|eyJrIjoi[A-Za-z0-9]{60,400}={0,2}",
        "grafana.com/docs: Service account tokens",
        mixed=True,
    ),
    SecretFormat("sentry", r"sntr(?:ys|yu|ya|yi)_[A-Za-z0-9+/=_\-]{40,500}", "docs.sentry.io: Auth tokens", mixed=True),
    SecretFormat(
        "sentry dsn",
        r"https?://(?P<secret>[0-9a-f]{32}(?::[0-9a-f]{32})?)@[A-Za-z0-9.\-]{4,100}/\d",
        "docs.sentry.io: DSN",
    ),
    SecretFormat(
        "new relic",
        r"NR(?:AK|AA|II|IQ|RA)-[A-Z0-9a-z\-_]{27,60}|NRJS-[0-9a-f]{19}|[0-9a-f]{36}NRAL",
        "docs.newrelic.com: API keys",
        mixed=True,
    ),
    SecretFormat(
        "datadog",
        r"dd(?:app|api|pat|sat)_[A-Za-z0-9]{30,50}",
        "docs.datadoghq.com: API and application keys",
        mixed=True,
    ),
    SecretFormat("dynatrace", r"dt0[a-z]\d{2}\.[A-Z0-9]{24}\.[A-Z0-9]{64}", "docs.dynatrace.com: Token formats"),
    SecretFormat("honeycomb", r"hc[abi][a-z]{2,4}_[a-z0-9]{50,64}", "docs.honeycomb.io: API keys", mixed=True),
    SecretFormat("axiom", rf"xa(?:at|pt)-{_UUID}", "axiom.co/docs: API tokens"),
    SecretFormat("pagerduty", r"u\+[A-Za-z0-9_\-]{18}", "developer.pagerduty.com: Authentication", mixed=True),
    # Code and packages
    SecretFormat(
        "github",
        # Tokens of an app's installation are signed ones since 2026: its id, then a JWT.
        rf"(?:gh[pousr]_[A-Za-z0-9]{{36,255}}|github_pat_[A-Za-z0-9_]{{60,255}}"
        rf"|gh[su]_(?:[A-Za-z0-9]{{1,40}}_)?eyJ{_URL}{{10,2000}}\.{_URL}{{10,4000}}\.{_URL}{{20,1000}})",
        "docs.github.com: About authentication, token formats; github.blog/changelog/2026-05-15",
        mixed=True,
    ),
    SecretFormat(
        "gitlab",
        rf"gl(?:pat|dt|rt|rtr|cbt|ptt|ft|imt|agent|oas|soat|ffct|wt)-{_URL}{{20,300}}(?:\.[0-9a-z]{{2}}\.?[0-9a-z]{{7,9}})?"
        rf"|GR1348941{_URL}{{20}}",
        "docs.gitlab.com: Token overview, prefixes",
        mixed=True,
    ),
    SecretFormat(
        "bitbucket",
        r"AT(?:BB|CTT3)[A-Za-z0-9_=\-]{28,250}",
        "support.atlassian.com: Bitbucket app passwords; access tokens",
        mixed=True,
    ),
    SecretFormat(
        "atlassian",
        r"AT(?:ATT|OA|STT|LAS)3[A-Za-z0-9_=\-]{60,250}",
        "support.atlassian.com: Manage API tokens",
        mixed=True,
    ),
    SecretFormat("npm", r"npm_[A-Za-z0-9]{36}", "docs.npmjs.com: About access tokens", mixed=True),
    SecretFormat("pypi", rf"(?:pypi|testpypi)-AgE{_URL}{{50,1000}}", "PyPI, help: API tokens"),
    SecretFormat("rubygems", r"rubygems_[0-9a-f]{48}", "guides.rubygems.org: API key scopes"),
    SecretFormat("crates.io", r"cio[A-Za-z0-9]{32}", "doc.rust-lang.org: Cargo, registry authentication", mixed=True),
    SecretFormat("nuget", r"oy2[a-z0-9]{43}", "learn.microsoft.com: NuGet, scoped API keys"),
    SecretFormat("clojars", r"CLOJARS_[0-9a-f]{60}", "github.com/clojars: Deploy tokens"),
    SecretFormat("docker", rf"dckr_(?:pat|oat)_{_URL}{{24,40}}", "docs.docker.com: Access tokens", mixed=True),
    SecretFormat(
        "jfrog", r"(?:AKCp[A-Za-z0-9]{65,75}|cmVmdGtu[A-Za-z0-9]{56})", "jfrog.com/help: API keys; reference tokens"
    ),
    SecretFormat(
        "circleci", r"CCIP(?:AT|RJ)_[A-Za-z0-9]{22}_[0-9a-f]{40}", "circleci.com/docs: API tokens", mixed=True
    ),
    SecretFormat(
        "buildkite", r"bk(?:ua|ct|aj|pt)_[A-Za-z0-9]{40,64}", "buildkite.com/docs: Token security", mixed=True
    ),
    SecretFormat("sonar", r"sq[pua]_[0-9a-f]{40}", "docs.sonarsource.com: Managing tokens"),
    SecretFormat(
        "sourcegraph",
        r"sgp_(?:(?:[0-9a-f]{16}|local)_)?[0-9a-f]{40}|slk_[0-9a-f]{64}",
        "sourcegraph.com/docs: Access tokens",
        mixed=True,
    ),
    SecretFormat(
        "snyk",
        r"snyk_(?:uat|sat)\.[0-9a-z]{8}\.[A-Za-z0-9_\-]{40,200}",
        "docs.snyk.io: Personal access tokens",
        mixed=True,
    ),
    SecretFormat("postman", r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}|PMAT-[0-9A-Z]{26}", "learning.postman.com: API keys"),
    SecretFormat(
        "linear", r"lin_(?:api|oauth)_[A-Za-z0-9]{32,64}", "linear.app/developers: Personal API keys", mixed=True
    ),
    SecretFormat(
        "notion",
        r"(?:secret_[A-Za-z0-9]{43}|ntn_[A-Za-z0-9]{40,50})",
        "developers.notion.com: Authorization",
        mixed=True,
    ),
    SecretFormat("airtable", r"pat[A-Za-z0-9]{14}\.[0-9a-f]{64}", "airtable.com/developers: Personal access tokens"),
    SecretFormat("asana", r"[12]/\d{14,19}(?:/\d{14,19})?:[0-9a-f]{32}", "developers.asana.com: Personal access token"),
    SecretFormat(
        "figma", rf"fig[dor][rhu]?_{_URL}{{36,60}}", "developers.figma.com: Personal access tokens", mixed=True
    ),
    SecretFormat(
        "contentful", rf"CFPAT-{_URL}{{43}}", "contentful.com/developers: Content management tokens", mixed=True
    ),
    SecretFormat(
        "typeform", r"tfp_[A-Za-z0-9_\-.=]{40,66}", "typeform.com/developers: Personal access token", mixed=True
    ),
    SecretFormat("adobe", r"p8e-[A-Za-z0-9_\-]{32}", "developer.adobe.com: OAuth credentials", mixed=True),
    SecretFormat("maxmind", r"[A-Za-z0-9]{6}_[A-Za-z0-9]{29}_mmk", "dev.maxmind.com: License keys"),
    SecretFormat("readme", r"rdme_[a-z0-9]{70}", "docs.readme.com: API keys", mixed=True),
    SecretFormat("adafruit", r"aio_[A-Za-z0-9]{28}", "io.adafruit.com/api: Authentication", mixed=True),
    SecretFormat(
        "okta", r"(?i:SSWS)[ ]{1,2}(?P<secret>00[A-Za-z0-9_\-]{40})", "developer.okta.com: API tokens", mixed=True
    ),
    SecretFormat("hubspot", rf"pat-(?:na|eu|ap)\d-{_UUID}", "developers.hubspot.com: Private apps"),
    # Messages and money
    SecretFormat(
        "slack token",
        r"xox[abceoprs](?:\.xox[pb])?-[A-Za-z0-9\-]{10,250}|xoxd-[A-Za-z0-9%+/=\-]{40,400}",
        "api.slack.com: Token types",
        mixed=True,
    ),
    SecretFormat(
        "slack app token", r"xapp-\d-[A-Z0-9]{6,20}-\d{8,20}-[0-9a-f]{32,80}", "api.slack.com: App-level tokens"
    ),
    SecretFormat(
        "slack webhook",
        r"hooks\.slack\.com/(?:services|workflows|triggers)/(?P<secret>[A-Za-z0-9+/]{20,120})",
        "api.slack.com: Incoming webhooks",
    ),
    SecretFormat(
        "teams webhook",
        r"webhook\.office\.com/webhookb2/(?P<secret>[A-Za-z0-9@\-/]{60,200})",
        "learn.microsoft.com: Incoming webhooks",
    ),
    SecretFormat(
        "discord webhook",
        rf"discord(?:app)?\.com/api/webhooks/(?P<secret>\d{{15,21}}/{_URL}{{60,80}})",
        "discord.com/developers: Webhooks",
    ),
    SecretFormat(
        "discord bot",
        rf"[MNO][A-Za-z0-9]{{23,27}}\.{_URL}{{6}}\.{_URL}{{27,45}}",
        "discord.com/developers: Authentication",
        mixed=True,
    ),
    SecretFormat(
        "telegram bot", r"(?:bot)?(?P<secret>\d{8,12}:A[A-Za-z0-9_\-]{33,34})", "core.telegram.org: Bots, authorizing"
    ),
    SecretFormat(
        "stripe", r"(?:sk|rk)_(?:org_)?(?:live|test|prod)_[A-Za-z0-9]{10,250}", "docs.stripe.com: API keys", mixed=True
    ),
    SecretFormat("stripe webhook", r"whsec_[A-Za-z0-9+/=]{24,64}", "docs.stripe.com: Webhooks, signatures", mixed=True),
    SecretFormat(
        "square",
        rf"(?:sq0(?:atp|csp|idp)-{_URL}{{22,60}}|EAAA[A-Za-z0-9_\-]{{22,64}})",
        "developer.squareup.com: Access tokens",
        mixed=True,
    ),
    SecretFormat("shopify", r"shp(?:at|ca|pa|ss|tka)_[0-9a-fA-F]{32}", "shopify.dev: Access token prefixes"),
    SecretFormat(
        "paypal, braintree",
        r"access_token\$(?:production|sandbox)\$[0-9a-z]{16}\$[0-9a-f]{32}",
        "developer.paypal.com: Braintree access tokens",
    ),
    SecretFormat("plaid", rf"access-(?:sandbox|development|production)-{_UUID}", "plaid.com/docs: Tokens"),
    SecretFormat(
        "adyen",
        r"AQE[a-z0-9]{2,10}[A-Za-z0-9+/]{40,200}={0,2}-[A-Za-z0-9+/]{30,60}=?-[A-Za-z0-9<>{}()\[\]^&;:.,$#@!*+=|~%?/\\]{10,20}",
        "docs.adyen.com: API credentials",
        mixed=True,
    ),
    SecretFormat(
        "flutterwave", r"FLWSECK(?:_TEST)?-[0-9a-hA-H]{12,40}(?:-X)?", "developer.flutterwave.com: API keys", mixed=True
    ),
    SecretFormat("razorpay", r"rzp_(?:live|test)_[A-Za-z0-9]{14}", "razorpay.com/docs: API keys", mixed=True),
    SecretFormat("gocardless", rf"live_{_URL}{{40}}", "developer.gocardless.com: API usage", mixed=True),
    SecretFormat("twilio", r"SK[0-9a-f]{32}", "twilio.com/docs: API keys", mixed=True),
    SecretFormat("sendgrid", rf"SG\.{_URL}{{20,24}}\.{_URL}{{39,50}}", "twilio.com/docs: SendGrid API keys"),
    SecretFormat(
        "mailgun",
        r"(?:key|pubkey)-[0-9a-f]{32}|[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8}",
        "documentation.mailgun.com: API keys",
    ),
    SecretFormat("mailchimp", r"[0-9a-f]{32}-us\d{1,2}", "mailchimp.com/developer: API keys"),
    SecretFormat(
        "mandrill, resend",
        r"(?:md-[A-Za-z0-9]{22}|re_[A-Za-z0-9]{6,12}_[A-Za-z0-9]{20,32})",
        "mailchimp.com/developer: Transactional API keys; resend.com/docs: API keys",
        mixed=True,
    ),
    SecretFormat("brevo", r"x(?:keysib|smtpsib)-[0-9a-f]{64}-[A-Za-z0-9]{16}", "developers.brevo.com: Authentication"),
    SecretFormat("mapbox", rf"[sp]k\.eyJ1{_URL}{{40,150}}\.{_URL}{{20,30}}", "docs.mapbox.com: Access tokens"),
    SecretFormat(
        "facebook",
        r"EAA[A-Za-z0-9]{60,300}|\d{15,16}\|[A-Za-z0-9_\-]{27}",
        "developers.facebook.com: Access tokens",
        mixed=True,
    ),
    SecretFormat(
        "instagram",
        r"IG(?:QVJ|AA)[A-Za-z0-9_\-]{80,300}",
        "developers.facebook.com: Instagram access tokens",
        mixed=True,
    ),
    SecretFormat(
        "twitter bearer",
        r"A{20,22}[A-Za-z0-9]{6,60}%[A-Za-z0-9%]{20,90}",
        "developer.x.com: App-only bearer tokens",
        mixed=True,
    ),
    SecretFormat("dropbox", rf"sl\.(?:u\.)?{_URL}{{100,300}}", "dropbox.com/developers: OAuth guide", mixed=True),
    SecretFormat(
        "frame.io, easypost",
        rf"fio-u-{_URL}{{64}}|EZ[AT]K[A-Za-z0-9]{{54}}",
        "developer.frame.io: Tokens; docs.easypost.com: Authentication",
        mixed=True,
    ),
    SecretFormat(
        "duffel, shippo",
        rf"duffel_(?:test|live)_{_URL}{{43}}|shippo_(?:live|test)_[0-9a-f]{{40}}",
        "duffel.com/docs: Access tokens; docs.goshippo.com: Authentication",
        mixed=True,
    ),
    SecretFormat("lob", r"(?:live|test)_[0-9a-f]{35}", "docs.lob.com: Authentication", mixed=True),
    SecretFormat(
        "launchdarkly",
        r"(?:sdk|mob)-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        "docs.launchdarkly.com: Keys",
    ),
    # Keys of files
    SecretFormat("age", r"AGE-SECRET-KEY-1[A-Z0-9]{58}", "github.com/C2SP/C2SP: age.md"),
    SecretFormat("bitcoin extended key", r"[xyz]prv[1-9A-HJ-NP-Za-km-z]{107,108}", "BIP 32", mixed=True),
    SecretFormat(
        "minisign",
        r"RWRTY0Iy[A-Za-z0-9+/]{200,220}={0,2}",
        "jedisct1.github.io/minisign: Secret key format",
        mixed=True,
    ),
)
"""Keys whose vendor made them recognisable."""
