"""Documents found for a question by LangChain, and an answer from them. On the path of every Python recorder."""

import conversation
from langchain_core.documents import Document
from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_core.runnables import chain
from langchain_core.vectorstores import InMemoryVectorStore
from langchain_openai import ChatOpenAI

DOCUMENTS = conversation.SCENARIO["documents"]


@chain
def travel_assistant(question: str) -> str:
    """Answer from the documents that are nearest to the question."""
    store = InMemoryVectorStore(DeterministicFakeEmbedding(size=8))
    store.add_documents(
        [Document(id=each["id"], page_content=each["text"], metadata={"source": each["source"]}) for each in DOCUMENTS]
    )
    found = store.as_retriever(search_kwargs={"k": 2}).invoke(question)
    known = "\n".join(document.page_content for document in found)
    messages = [{"role": "system", "content": f"{conversation.SYSTEM}\n{known}"}, {"role": "user", "content": question}]
    return str(ChatOpenAI(model=conversation.OPENAI_MODEL).invoke(messages).text)
