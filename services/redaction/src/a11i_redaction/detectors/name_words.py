"""Words of capitalised look that are no names, and titles that a name follows: data for the name detector."""

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
NO_NAMES: Final = frozenset(
    " ".join((_FUNCTION_WORDS, _SENTENCE_STARTS, _CALENDAR, _LANGUAGES, _SOFTWARE, _BUSINESS)).split()
)
"""In lower case. A window is not made for these, and they are cut off the ends of the model's findings. Words that are
first names too, such as Will, May and Mark, are left out where they are rarer as words."""
