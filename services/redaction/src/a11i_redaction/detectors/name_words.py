"""Words of capitalised look that are no names, and titles that a name follows: data for the name detector."""

# ruff: noqa: RUF001  (words in scripts and alphabets of their own)
from typing import Final

TITLES: Final = (
    "Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Sir|Madam|Herr|Frau|Señor|Señora|Sr|Sra|Monsieur|Madame|Mme|Signor|Signora"
)
TITLE_WORDS: Final = frozenset(TITLES.lower().split("|"))

CUE_ENDS: Final = frozenset({
    "attn", "best", "called", "cheers", "client", "contact", "customer", "dear", "from", "is", "name", "name's",
    "named", "patient", "regards", "signed", "sincerely", "thanks", *TITLE_WORDS,
})  # fmt: skip
"""The words that a name can follow directly, without punctuation: a quick look before the real one."""

_FUNCTION_WORDS: Final = """
a about above across actually add after again against ago all almost along already also although always am an and
another any anyone anything are around as ask at away back be because been before began being below best better
between both but by call came can check choose click come compare consider could create date day days dear did do does
doing done down during each either else email end enter error even every everyone everything example explain few find
first fix following for found free from full further generate get give given go goes going good got great had has have
having he hello help her here hers herself hey hi him himself his hours how however i if important in input instead
into is it its itself just keep know last later least less let like list load look made main make many maybe me might
mine more most move much must my myself name near need never new next nice no none nor not note nothing now number of
off often ok okay old on once one only open or order other our ours ourselves out output over own page part pass paste
payment perhaps phone please point possible previous process product provide put question quite rather re ready really
receive regards remember report request result results return review right run said same save say see seems select
send sent set several shall she should show since sincerely so some someone something soon sorry start status step
still stop subject such sum summary sure take task tell test than thank thanks that the their theirs them themselves
then there these they thing this those though through thus time title to today together tomorrow too total toward try
two type under understand until up update upon us use used user using very via view wait want was way we welcome well
were what when where whether which while who whole whom whose why with within without work would write wrong yes
yesterday yet you your yours yourself
"""
_SENTENCE_STARTS: Final = """
accept accordingly accurate additional additionally adjust alternatively analyse analyze apologies apply assume attach
attempt available avoid based basic begin billing book both break bring build building buy calculate cancel careful
certainly change changes clear close code collect column combine command common complete configure confirm connect
consequently continue convert copy correct count current currently customer cut decide default define delete delivery
describe detailed determine develop different discuss draft drop edit efficient enable ensure enough estimate evaluate
eventually exactly example excellent execute expand expected explore export extract fast fetch filter final finally
fill finish focus follow format forward furthermore generally gather go great hence hold ideally identify ignore
implement improve include including increase initially insert install instead interesting inventory investigate join
jump key label large latency lead learn leave line link list local log low maintain manage map measure merge mention
method monitor move multiple namely network nonetheless normally note obtain offer original otherwise overall overview
parse perfect perform place plan plans play prepare prevent previously price prices primary print problem proceed
process produce propose publish pull push query quick quickly raise random rank reach read record records reduce refer
remove rename replace reply report reproduce require resolve respond restart retry return reviews route routes rows
sample save scan schedule score search sending separate share short show similar similarly simple simply skip small
solution solve sort source specific specifically split store submit suggest summarise summarize switch test tests
therefore third transfer translate trigger turn unable unless unfortunately usually validate value values various
verify visit watch whenever wherever whichever words worse write writing
"""
_CALENDAR: Final = """
monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur fri sat january february march june
july august september october november december jan feb mar apr jun jul aug sep sept oct nov dec utc gmt am pm q1 q2
q3 q4
"""
_LANGUAGES: Final = """
english french german spanish italian portuguese dutch polish russian chinese japanese korean arabic hindi american
british european
"""
_SOFTWARE: Final = """
api apis json xml yaml html css csv pdf sql http https url urls uri uuid id ids sdk cli gui ui cpu gpu ram ssd aws gcp
azure openai anthropic claude gemini gpt chatgpt llama mistral cohere bedrock vertex groq ollama langchain llamaindex
langgraph langfuse phoenix jaeger grafana prometheus opentelemetry otel otlp grpc rest graphql kafka nats redis
postgres postgresql mysql sqlite mongodb clickhouse elasticsearch docker kubernetes helm terraform ansible linux
ubuntu debian windows macos android ios python java javascript typescript rust golang ruby php kotlin swift scala node
react vue angular django flask fastapi spring rails git github gitlab bitbucket jira confluence slack discord zoom
notion trello asana salesforce hubspot stripe paypal shopify twilio sendgrid chrome firefox safari edge unicode utf
ascii regex lambda s3 ec2 iam vpc dns tls ssl ssh tcp udp ip oauth jwt saml rag llm llms ai ml nlp ocr token
tokens model models agent agents tool tools prompt prompts system assistant user function functions object array
string integer boolean null true false none undefined exception traceback valueerror typeerror keyerror runtimeerror
timeout warning info debug critical fatal trace span traces spans chat completion completions embedding embeddings
grok sonnet opus haiku gpt-4 turbo mixtral qwen deepseek phi sgd optimizer optimiser gaussian
bayes bayesian markov fourier euler bernoulli poisson laplace cloud spark airflow celery pandas numpy pytorch tensorflow
keras jupyter hadoop hive flink
google microsoft apple amazon meta nvidia facebook twitter linkedin youtube netflix uber airbnb wikipedia reddit
"""
_BUSINESS: Final = """
account accounts invoice invoices customer customers client clients ticket tickets order orders refund refunds
shipping shipment delivery address contact support team department office company manager director engineer developer
administrator patient doctor nurse hospital clinic bank card credit debit balance amount price cost tax vat usd eur
gbp policy policies terms conditions agreement contract section chapter table figure appendix item items quantity
category description details information reference version release build deployment service services server database
schema index query search response message messages content document documents file files folder project projects
milestone issue issues feature features bug bugs meeting agenda minutes notes action actions weather temperature
flight flights hotel booking reservation street avenue road
"""
_LABELS: Final = """
account-id aadhaar applicant applicants attachment attn authorization bank bcc bearer birth born cc cell checksum
checksums claim comment content content-length content-transfer-encoding content-type cookie
currency date dates diagnosis discharge dob docs dose driver e-mail email employee employer ext extension fax
form gender head header home host hr iban id-number identity insurance item kyc label landline license location mac
medicare member mobile mr mrn mrs name nationality nhs nino notice number occupation passport password patient people
pesel pin plan policy postcode prescription provider pt recipient ref reply reply-to role row rows rrn
salary salutation security sender set-cookie sex signature ssn subject surname tag tel telefon telephone tfn ticket
traveller uen unique upgrade user-agent username visit x-api-key x-forwarded-for x-request-id zip entity kind
rain speak sms voter bitcoin wallet routing tracking i'm i've i'd i'll it's that's don't can't we're you're let's
"""
_GREETINGS: Final = """
aber auf aus bis bitte bonjour bonsoir bom boa buongiorno buonasera chào ciao cześć danke das dann dem
der dia die dies diese dieser dobry doch dzień dziękuję eine einen er es esta este está freundlichen für gibt
goedemorgen goedendag gracias grüße grüßen grüß guten haben habe hallo hei hej helló herr frau hola ich ihr ihre
ihrem ihren ihrer ist je kann kein keine können mein meine meiner merci merhaba mit moin morgen muito
nach não nein nicht noch nous nur obrigado obrigada oder olá oi osoite por pozdrawiam prego proszę puede quando que
rechnung saludos salut sehr selamlar servus sie sind siparişim sobre tag terve terveisin tervehdys und uns
unser unsere usted verehrte vielen vous was wegen wenn wer wie wir wird zu zum zur от до для как это что мы вы он
она они меня мене моя мой здравствуйте привет добрый день заказ спасибо дякую добридень замовлення το η ο τα μου γεια
καλημέρα ευχαριστώ
"""
_PRODUCTS: Final = """
acrobat aix alpine android apache arduino argocd asterisk bash bigquery blender bluetooth bootstrap
centos cisco confluent copilot couchbase cypress databricks datadog dynamodb eclipse electron elixir envoy
erlang esxi ethernet excel ffmpeg figma firebase firestore flutter fluentd gitops gmail gnome gradle gulp haskell
haproxy heroku hetzner ibm illustrator imap influxdb intel intellij internet istio itunes jenkins jest jira
junit kibana kinesis kindle konsole kubectl kubernetes latex libreoffice linkerd logstash mac macbook
magento markdown matlab maven memcached minio mongo mqtt mulesoft neo4j netlify next.js nginx node.js nomad
nvme office okta onedrive opencv openshift openssl oracle outlook pagerduty photoshop playstation podman powerbi
powerpoint powershell postman prisma proxmox rabbitmq raspberry pi redhat redshift redux
rocketmq sagemaker samsung scala selenium sentry servicenow sharepoint smtp snowflake solaris solr sonarqube
splunk sqs stackoverflow storybook supabase svelte swagger symfony tableau teams telegram tensorrt thunderbird tomcat
traefik unix vagrant vault vercel virtualbox vmware webpack websocket whatsapp wireguard wordpress xbox xcode
yarn youtube zabbix zigbee zookeeper zendesk kafka flink iceberg trino airtable galaxy iphone ipad pixel surface
thinkpad playwright pytest react-native
"""
NO_NAMES: Final = frozenset(
    " ".join((
        _FUNCTION_WORDS, _SENTENCE_STARTS, _CALENDAR, _LANGUAGES, _SOFTWARE, _BUSINESS, _LABELS, _GREETINGS, _PRODUCTS,
    )).split()
)  # fmt: skip
"""In lower case. A window is not made for these, and they are cut off the ends of the model's findings. Words that are
first names too, such as Will, May and Mark, are left out where they are rarer as words."""

_PLACES: Final = """
adelaide africa alabama alaska alexandria america amman andorra angola arizona arkansas asia athens atlanta auckland
austin australia austria avalon bahrain bali barcelona beirut belfast bergen berlin bern bethany bethlehem bolivia
boston brazil bristol britain brooklyn cairo california cambridge camden canada carolina chad charlotte chelsea chester
chile china cleveland colorado columbia cordoba cuba cyprus dakota dallas dayton delhi denver devon dresden dublin
durham egypt england eritrea essex eton europe everest florence florida france geneva genoa georgia germany ghana
granada guinea hamilton hamburg hanoi havana hawaii helena holland houston india indiana ireland israel italia italy
jamaica japan java jersey jordan kansas kent kenya kingston korea kyiv kyoto lagos lancaster leon lima lincoln lisbon
london lourdes lucerne madison madrid malaysia mali malta manila manchester marseille maryland medina melbourne memphis
mexico milan milano minnesota montana montreal morocco moscow munich naples nashville nevada norfolk norway oakland
odessa ohio olympia oman ontario orlando oslo oxford palermo pakistan panama paris peru petra philadelphia philippines
phoenix pisa poland porto portland portugal prague preston quito ravenna richmond rochester roma rome russia salem
salvador samara samoa santiago savannah scotland seattle seoul seville sheffield siena sierra singapore sofia somerset
spain stanford sudan surrey sweden sydney syria taiwan tampa tennessee texas thailand tokyo toledo toronto trent turin
turkey uganda ukraine usa utah valencia valletta venezia venice venezuela verona victoria vienna virginia wales
warsaw washington wellington wisconsin york zurich
"""
_OTHERS: Final = """
ace acme active ada admin aladdin alexa alpha amber angel anthem apollo arch argo aria arrow artemis ash asset aster
atlas aurora avatar azure balance barclay basil beacon beam benz bishop bliss blossom blue boss brand brave brook brown
buddy cap cassandra cedar celesta champion chance charity chase cherry christmas clay clement cloud coral cortana cosmo
crystal cypress daemon dash data dawn dean delta destiny diamond dior django duke earl easter echo eclipse eden ember
emerald ever fable faith felicity fern fisher flora forest fortune fox galaxy gem gemini genesis gift gold grace graham
gray green grove gypsy halo harbor harmony harper haven hazel heaven hermes honor horizon hunter indigo integer iris
island ivy jade jasmine jasper java jay jazz jet jewel joy jubilee judge julia juniper jupiter justice kafka karma
king knight lake lance laurel lavender legend lexus liberty lily link lotus love luna lux lynx magic magnolia mars
marvel mason master max maya melody mercedes mercy merit meta midas mika mike milo minister mint miracle misty
modesty monarch monitor muse nova noble oak oasis ocean olive omega onyx opal oracle orion otto page palm panda pansy
pascal patience pearl pepper philosophy pilot piper pixel polo porsche prince princess pride prudence quartz queen
rain rally raven ray rex rider river robin rock rocket rocky rose royal ruby rust saga sage salt sandy scout sequoia
serenity shadow shell shepherd sigma silver sky solomon sonar sonic spirit star stella sterling stone storm success
summer sun sunny sunshine swift tala tempest temple terra tesla tiger titan topaz treasure trinity trip unity ursa
valley van vega venus vera verity vesper victor victory vida violet virgo vision vulcan wade ward wave willow wind
winter wisdom wolf woods zen zenith zephyr zeus zion
app april august beta bot demo dev gt june len minor rich unknown valid xin prod staging sandbox alice bob
"""
NO_NAMES_ALONE: Final = NO_NAMES | frozenset(" ".join((_PLACES, _OTHERS)).split())
"""In lower case: first names that alone mean a place, a product or a thing as often, but beside a surname a name."""
PLACE_NAMES: Final = frozenset(_PLACES.split())
"""Of them, the places."""

_ELSEWHERE: Final = """
aber als auch auf aus bei bis das dass dem den der die durch ein eine einem einen einer eines er es für haben hat ich
ihr im ist kann mit nach nicht noch nur oder sich sie sind um und uns unter vom von vor werden wird wurde wurden zum
zur zwischen
au aura aux avec avez ce ces cette chez dans des du elle elles en est et il ils je leur lieu mais mes ne nous ont ou où
par pas plus pour qu que qui sa ses son sont sur un une vos votre vous
como con cuando desde ella ellas ellos entre esta este está fue han hasta hay los las más muy para pero por porque se
sin sobre son su sus también tiene una unos ya
alla anche che ci dal dalla dopo gli ha hanno nei nella nel non ogni per perché più quando questa questo sono stato
uno
ao aos com depois ela ele eles foi mais mas muito na nas não nos num numa os pela pelo quando são sem seu sua tem uma
aan bij dat deze dit door een het hij hun ik maar naar niet nog ook op te tot uit voor waar wat werd
wij ze zij zijn
ale czy dla jak jest już lub nie od po przez się są tak tego w z za że
att av det detta eller ett från har inte kan med och på som till är
"""
ELSEWHERE: Final = frozenset(_ELSEWHERE.split())
"""Words in lower case that only other languages have, and no names: the model knows English alone."""
