"""The example answers of the reference documentation."""

from kb.case_data import LICENSE

AT = "2026-11-24T09:00:00Z"
COMPANY = {
    "slug": "netflix",
    "name": "Netflix",
    "summary": "A video service whose home page is a ranked answer to one question.",
    "aliases": [],
    "industry": "Entertainment",
    "website": "https://www.netflix.com",
    "case_study_count": 1,
    "license": LICENSE,
}
TECHNIQUE = {
    "slug": "matrix-factorisation",
    "name": "Matrix factorisation",
    "group": "Recommendation and ranking",
    "summary": "Explains a table of ratings by a short vector for each user and each item.",
    "license": LICENSE,
}
TECHNIQUE_DETAIL = TECHNIQUE | {
    "synonyms": ["latent factor model"],
    "case_studies": ["netflix-recommender-system"],
    "topics": [],
    "problems": [],
}
CASE_ITEM = {
    "slug": "netflix-recommender-system",
    "title": "Netflix: a page of rows",
    "company": {"slug": "netflix", "name": "Netflix"},
    "domain": "recommendation",
    "year": 2015,
    "summary": "How a home page is filled in well under a second.",
    "techniques": ["matrix-factorisation"],
    "reading_minutes": 12,
    "published_at": AT,
    "updated_at": AT,
    "license": LICENSE,
}
SECTION = {"key": "goal", "title": "The goal", "markdown": "One row…", "html": "<p>One row…</p>"}
QUANTITY_NAME = {"slug": "latency", "name": "Latency", "base_unit": "s"}
CLAIM = {
    "key": "page-latency",
    "url": "/cases/netflix-recommender-system/#claim-page-latency",
    "case_study": "netflix-recommender-system",
    "quantity": QUANTITY_NAME,
    "value": 150,
    "value_max": 250,
    "text": "150 to 250 ms",
    "unit": "ms",
    "base_value": 0.15,
    "base_value_max": 0.25,
    "scope": "a home page, 99th percentile",
    "as_of": "2015",
    "kind": "latency",
    "source": "gomez-uribe-hunt-2015",
    "locator": "page 7",
    "confidence": "original",
    "conflicts_with": [],
}
CLAIM_ITEM = CLAIM | {"license": LICENSE}
OTHER_CLAIM = CLAIM | {
    "key": "scoring-latency",
    "url": "/cases/stripe-radar-fraud/#claim-scoring-latency",
    "case_study": "stripe-radar-fraud",
    "value": 100,
    "value_max": None,
    "text": "less than 100 ms",
    "base_value": 0.1,
    "base_value_max": None,
    "scope": "a payment, from request to decision",
    "as_of": "2023-03",
    "source": "radar-2023",
    "locator": "",
    "confidence": "secondary",
}
SOURCE = {
    "key": "gomez-uribe-hunt-2015",
    "title": "The Netflix Recommender System: Algorithms, Business Value, and Innovation",
    "authors": "Carlos A. Gomez-Uribe, Neil Hunt",
    "publisher": "ACM Transactions on Management Information Systems 6(4), article 13",
    "year": 2015,
    "url": "https://doi.org/10.1145/2843948",
    "doi": "10.1145/2843948",
    "confidence": "original",
    "note": "Read in full.",
}
COMPONENT = {
    "key": "ranker",
    "component": "heavy-ranker",
    "name": "Personalised video ranker",
    "lane": "Online",
    "kind": "model",
    "technology": "",
    "latency": "",
    "freshness": "",
    "scale": "",
    "state": "public",
    "section": "models",
}
ARCHITECTURE = {
    "lanes": ["Member", "Online"],
    "components": [
        COMPONENT
        | {
            "key": "client",
            "component": "client",
            "name": "The home page",
            "lane": "Member",
            "kind": "client",
            "section": "architecture",
        },
        COMPONENT,
    ],
    "flows": [{"from": "client", "to": "ranker", "label": "asks for a page", "kind": "request"}],
}
EXPERIMENT = {
    "key": "members-a-cell",
    "title": "How many members a test needs",
    "kind": "sample-size",
    "claim": "members-a-cell",
    "path": "per_group",
    "value": 1922450,
    "figure": "",
    "text": "Two million members a cell are what a difference of a tenth of a point takes.",
    "params": {"baseline": 0.5, "difference": 0.001, "power": 0.5, "significance": 0.05},
    "controls": [{"param": "power", "label": "Power", "choices": [0.5, 0.8, 0.9]}],
}
CASE = CASE_ITEM | {
    "teaser": "",
    "html": '<section id="goal"><h2>The goal</h2><p>One row…</p></section>',
    "sections": [SECTION],
    "architecture": ARCHITECTURE,
    "claims": [CLAIM],
    "sources": [SOURCE],
    "lessons": ["Measure what you mean."],
    "negative_results": ["The more accurate model lost the test [@gomez-uribe-hunt-2015]."],
    "not_public": ["How popularity is blended in."],
    "questions": [{"question": "Why rows?", "answer": "A row says why its titles are there."}],
    "audience": {"student": "Build it in miniature.", "engineer": "", "researcher": ""},
    "links": [{"relation": "influenced", "case_study": "google-wide-and-deep"}],
    "related": {
        "case_studies": [{"slug": "google-wide-and-deep", "reason": "also uses A/B testing"}],
        "topics": ["ranking-metrics"],
        "problems": [],
    },
    "experiments": [EXPERIMENT],
    "version": 1,
    "reviewed_at": None,
}
OTHER_CASE_ITEM = CASE_ITEM | {
    "slug": "stripe-radar-fraud",
    "title": "Stripe Radar: a score before the money moves",
    "company": {"slug": "stripe", "name": "Stripe"},
    "domain": "fraud-and-risk",
    "year": 2023,
    "summary": "How a payment is judged while the buyer waits.",
    "techniques": ["class-imbalance"],
}
COMPARISON = {
    "case_studies": [CASE_ITEM, OTHER_CASE_ITEM],
    "components": {
        "shared": ["client"],
        "only": {
            "netflix-recommender-system": ["heavy-ranker"],
            "stripe-radar-fraud": ["decision-policy", "prediction-model"],
        },
        "some": [],
    },
    "techniques": {
        "shared": [],
        "only": {
            "netflix-recommender-system": ["matrix-factorisation"],
            "stripe-radar-fraud": ["class-imbalance"],
        },
        "some": [],
    },
    "claims": [
        {
            "quantity": "latency",
            "name": "Latency",
            "unit": "s",
            "values": {"netflix-recommender-system": CLAIM, "stripe-radar-fraud": OTHER_CLAIM},
            "others": {},
        }
    ],
}
COMPONENT_TYPE = {
    "slug": "heavy-ranker",
    "name": "Heavy ranker",
    "kind": "model",
    "summary": "Orders the candidates that are left, with the best model that time allows.",
    "reason": "Of the first list, made from 38 fact sheets.",
    "case_study_count": 2,
    "license": LICENSE,
}
QUANTITY = {
    "slug": "latency",
    "name": "Latency",
    "base_unit": "s",
    "summary": "The time from a request to its answer.",
    "reason": "Every system that somebody waits for states it.",
    "case_study_count": 3,
    "license": LICENSE,
}
UNIT = {
    "slug": "ms",
    "name": "millisecond",
    "symbol": "ms",
    "dimension": "time",
    "factor": 0.001,
    "reason": "Answers of online systems are told in it.",
    "case_study_count": 3,
    "license": LICENSE,
}
PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 320">…</svg>'
CASES_CSV = (
    "slug,title,company,company_name,domain,year,summary,techniques,components,reading_minutes,"
    "published_at,updated_at,url,license\r\n"
    "netflix-recommender-system,Netflix: a page of rows,netflix,Netflix,recommendation,2015,"
    "How a home page is filled in well under a second.,matrix-factorisation,"
    f'"client,heavy-ranker",12,{AT},{AT},/cases/netflix-recommender-system/,{LICENSE}\r\n'
)
CASES_JSONL = '{"slug":"netflix-recommender-system","title":"Netflix: a page of rows",…}\n'
CLAIMS_CSV = (
    "key,url,case_study,quantity,quantity_name,base_unit,value,value_max,text,unit,base_value,"
    "base_value_max,scope,as_of,kind,source,locator,confidence,conflicts_with,license\r\n"
    "page-latency,/cases/netflix-recommender-system/#claim-page-latency,"
    "netflix-recommender-system,latency,Latency,s,150,250,150 to 250 ms,ms,0.15,0.25,"
    '"a home page, 99th percentile",2015,latency,gomez-uribe-hunt-2015,page 7,original,,'
    f"{LICENSE}\r\n"
)
CLAIMS_JSONL = '{"key":"page-latency","case_study":"netflix-recommender-system",…}\n'
SOURCES_CSV = (
    "case_study,key,title,authors,publisher,year,url,doi,confidence,note,license\r\n"
    "netflix-recommender-system,gomez-uribe-hunt-2015,The Netflix Recommender System,"
    '"Carlos A. Gomez-Uribe, Neil Hunt",ACM Transactions,2015,https://doi.org/10.1145/2843948,'
    f"10.1145/2843948,original,Read in full.,{LICENSE}\r\n"
)
SOURCES_JSONL = '{"case_study":"netflix-recommender-system","key":"gomez-uribe-hunt-2015",…}\n'
SOURCES_BIB = """@article{netflix-recommender-system:gomez-uribe-hunt-2015,
  author = {Carlos A. Gomez-Uribe and Neil Hunt},
  title = {{The Netflix Recommender System: Algorithms, Business Value, and Innovation}},
  journal = {ACM Transactions on Management Information Systems},
  volume = {6},
  number = {4},
  pages = {article 13},
  year = {2015},
  url = {https://doi.org/10.1145/2843948},
  doi = {10.1145/2843948},
  note = {Read in full},
}
"""
PLAN = {
    "slug": "foundations",
    "title": "Foundations",
    "summary": "Linear algebra, calculus, probability.",
    "minutes": 40,
    "chapters": [
        {
            "slug": "probability-statistics",
            "title": "Probability & statistics",
            "summary": "",
            "topics": [
                {
                    "slug": "bayesian-inference",
                    "title": "Bayesian Inference",
                    "minutes": 40,
                    "problem_count": 1,
                }
            ],
        }
    ],
    "license": LICENSE,
}
TOPIC_ITEM = {
    "slug": "bayesian-inference",
    "title": "Bayesian Inference",
    "summary": "What a positive test is worth.",
    "plan": "foundations",
    "chapter": "probability-statistics",
    "minutes": 40,
    "license": LICENSE,
}
TOPIC = TOPIC_ITEM | {
    "teaser": "A test that finds nine cases in ten has just come back positive. How ill are you?",
    "formula_html": '<math alttext="p" display="block"><mi>p</mi></math>',
    "outcomes": ["Name prior, likelihood, evidence and posterior."],
    "prerequisites": ["random-variables"],
    "techniques": ["bayes-theorem"],
    "markdown": "## The question {#question}\n\nThe test is positive.",
    "html": '<section id="question"><h2>The question</h2><p>The test is positive.</p></section>',
    "sections": [SECTION],
    "questions": [{"key": "q-3f9a0c1b52", "text": "Is a positive test proof?"}],
    "references": [SOURCE],
    "examples": [],
    "problems": ["bayes-diagnostic-test"],
    "case_studies": [],
    "related": [],
    "version": 1,
    "published_at": AT,
    "updated_at": AT,
}
HIT = {
    "type": "topic",
    "slug": "bayesian-inference",
    "title": "Bayesian Inference",
    "snippet": "what a <mark>posterior</mark> is",
    "score": 7.1,
    "url": "/topics/bayesian-inference/",
}
CASE_TEXT = """+++
type = "case-study"
slug = "netflix-recommender-system"
title = "Netflix: a page of rows"
+++

## The goal {#goal}

One row…
"""
TOPIC_TEXT = """+++
type = "topic"
slug = "bayesian-inference"
title = "Bayesian Inference"
+++

## The question {#question}

The test is positive.
"""
