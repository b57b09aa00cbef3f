"""The example answers of the reference documentation."""

LICENSE = "CC BY 4.0"
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
CASE = CASE_ITEM | {
    "teaser": "",
    "html": '<section id="goal"><h2>The goal</h2><p>One row…</p></section>',
    "sections": [SECTION],
    "architecture": {"lanes": [], "components": [], "flows": []},
    "claims": [],
    "sources": [],
    "lessons": ["Measure what you mean."],
    "negative_results": [],
    "not_public": [],
    "questions": [],
    "audience": {"student": "", "engineer": "", "researcher": ""},
    "links": [],
    "related": {"case_studies": [], "topics": [], "problems": []},
    "experiments": [],
    "version": 1,
    "reviewed_at": None,
}
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
    "teaser": "",
    "outcomes": ["Name prior, likelihood, evidence and posterior."],
    "prerequisites": ["random-variables"],
    "techniques": ["bayes-theorem"],
    "markdown": "## The question {#question}\n\nThe test is positive.",
    "html": '<section id="question"><h2>The question</h2><p>The test is positive.</p></section>',
    "sections": [SECTION],
    "references": [],
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
