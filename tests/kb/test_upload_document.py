"""A document goes out of the admin as a file and comes back as a draft; or nothing changes."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from kb import services
from kb.models import CaseStudy, Company, Revision, State, StudyPlan, Technique, Topic
from problems.models import Problem
from tests.kb.admin_forms import save, url
from tests.kb.evidence import CASE

UPLOAD = reverse("admin:kb_casestudy_upload")


@pytest.fixture
def case(folder):
    folder.write("case-studies/acme-scorer.md", CASE)
    folder.load()
    return CaseStudy.objects.get(slug="acme-scorer")


@pytest.fixture
def curating(client_as, cora):
    return client_as(cora)


def upload(client, text: str | bytes, name: str = "acme.md", address: str = UPLOAD, **more):
    data = text if isinstance(text, bytes) else text.encode()
    file = SimpleUploadedFile(name, data)
    return client.post(address, {"document": file, **more}, follow=True)


def rows() -> list:
    return [
        *CaseStudy.objects.order_by("pk").values_list("pk", "title", "updated_at"),
        *CaseStudy.objects.order_by("pk").values_list("claims__key", "sources__key"),
    ]


@pytest.mark.parametrize("model", [Company, Technique, CaseStudy, StudyPlan, Topic, Problem])
def test_what_is_downloaded_and_uploaded_again_is_the_same(shipped, client_as, admin, model):
    client = client_as(admin)
    entry = model.objects.published().first()
    file = client.get(url("download", entry))
    assert file["Content-Disposition"] == f'attachment; filename="{entry.slug}.md"'
    text = file.content.decode()
    assert text == Revision.objects.filter(type=entry.TYPE, slug=entry.slug).first().document
    opts = model._meta
    listing = client.get(reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist"))
    address = reverse(f"admin:{opts.app_label}_{opts.model_name}_upload")
    assert address in listing.content.decode()
    response = upload(client, text, f"{entry.slug}.md", address)
    assert "The draft now has the text of" in response.content.decode()
    draft = model.objects.get(draft_of=entry)
    assert draft.dump_text(draft.to_document()) == text
    assert draft.author == admin


def test_a_new_slug_makes_a_draft_that_no_reader_sees(case, curating, api):
    response = upload(curating, CASE.replace("acme-scorer", "acme-judge"))
    assert response.redirect_chain
    made = CaseStudy.objects.get(slug="acme-judge")
    assert (made.state, made.draft_of) == (State.DRAFT, None)
    assert api.get("/api/v1/case-studies/acme-judge/").status_code == 404


def test_a_document_with_faults_becomes_a_draft_that_says_them(case, curating):
    response = upload(curating, CASE.replace("The till waits.", "The till waits 3 s."))
    assert "The number 3 is no claim" in response.content.decode()
    assert CaseStudy.objects.get(draft_of=case).body != case.body


def test_line_ends_of_windows_and_a_byte_order_mark_do_no_harm(case, curating):
    upload(curating, b"\xef\xbb\xbf" + CASE.replace("\n", "\r\n").encode())
    draft = CaseStudy.objects.get(draft_of=case)
    assert draft.dump_text(draft.to_document()) == CASE


BAD = {
    "not UTF-8": (CASE.encode().replace(b"payments", b"paym\xffnts", 1), "acme.md:4: The file is"),
    "nothing": (b"", "empty"),
    "blanks": (b" \n\n", "acme.md:1: The file is empty."),
    "no front matter": (b"# Hello\n", "acme.md:1: The first line must be +++"),
    "not closed": (b'+++\ntype = "case-study"\n', "acme.md:1: The front matter is not closed"),
    "no TOML": (CASE.replace("year = 2021", "year = = 1", 1).encode(), "acme.md:8:"),
    "another type": (b'+++\ntype = "company"\nslug = "a"\ntitle = "A"\nsummary = "A."\n+++\n',
                     "acme.md:2: This is a company, and here a case-study is uploaded."),
    "no type": (b'+++\ntype = "poem"\n+++\n', "must be one of"),
    "HTML in a title": (CASE.replace("Acme scores", "Acme <b>scores").encode(), "acme.md:4: title"),
    "a key that is not known": (CASE.replace("domain =", "domains =").encode(), "domains is not"),
    "a key twice": (CASE.replace('key = "share"', 'key = "delay"').encode(),
                    "&#x27;delay&#x27; stands twice"),
    "no such company": (CASE.replace('company = "acme"', 'company = "apex"').encode(),
                        "acme.md:6: There is no company &#x27;apex&#x27;."),
    "no such word": (CASE.replace('"event-stream"', '"pipe"').encode(), "&#x27;pipe&#x27;"),
    "no such source": (CASE.replace('source = "retold"', 'source = "told"').encode(),
                       "There is no source &#x27;told&#x27;"),
    "a flow to nowhere": (CASE.replace('to = "log"', 'to = "lake"').encode(),
                          "There is no component &#x27;lake&#x27;"),
    "a flow to itself": (CASE.replace('to = "log"', 'to = "scorer"').encode(),
                         "A flow leads from &#x27;scorer&#x27; to itself."),
    "a range that descends": (CASE.replace("value_max = 0.3", "value_max = 0.1").encode(),
                              "ends at or below its beginning"),
    "a link to itself": (CASE.replace("[[questions]]", '[[links]]\nrelation = "builds-on"\n'
                         'case_study = "acme-scorer"\n\n[[questions]]', 1).encode(), ""),
    "a NUL": (CASE.replace("refused", "ref\0used").encode(), "A NUL character"),
    "a reserved word": (CASE.replace("acme-scorer", "compare").encode(), "reserved word"),
    "depth": (CASE.replace("year = 2021", f"year = {'[' * 9000}", 1).encode(), "acme.md:"),
    "2 MB of text": (CASE.encode() + b"word " * 400_000, "longer than 1,000,000 characters"),
    "5 MB": (b"x" * 5_000_000, "larger than 1,000,000 bytes"),
}  # fmt: skip


@pytest.mark.parametrize("name", [name for name in BAD if name != "a link to itself"])
def test_what_makes_no_draft_is_a_sentence_and_changes_nothing(case, curating, name):
    data, said = BAD[name]
    before = rows()
    response = upload(curating, data)
    assert response.status_code in (400, 413)
    assert said in response.content.decode()
    assert rows() == before


def test_a_draft_linked_to_the_case_itself_is_saved_and_says_so(case, curating):
    response = upload(curating, BAD["a link to itself"][0])
    assert "A case is linked to another case, not to itself." in response.content.decode()


def test_five_megabytes_are_refused_before_they_are_read(case, curating):
    class Body:
        def read(self, *_size):
            raise AssertionError("The body was read.")

        readline = read

    response = curating.generic(
        "POST",
        UPLOAD,
        content_type="multipart/form-data; boundary=x",
        **{"CONTENT_LENGTH": "5000000", "wsgi.input": Body()},
    )
    assert response.status_code == 413
    assert "larger than 1,000,000 bytes" in response.content.decode()


def test_no_file_and_no_token_are_refused(case, curating, cora):
    assert curating.post(UPLOAD, {}).status_code == 400
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(cora)
    assert upload(strict, CASE).status_code == 403
    assert not CaseStudy.objects.filter(draft_of=case).exists()


def test_a_draft_that_somebody_edited_is_replaced_only_as_it_was_seen(case, curating, rita):
    draft = services.start_draft(case, rita)
    save(curating, draft, title="What Cora wrote")
    response = upload(curating, CASE)
    page = response.content.decode()
    assert response.status_code == 400
    assert "There is a draft of &#x27;acme-scorer&#x27;, last edited by cora" in page
    draft.refresh_from_db()
    assert draft.title == "What Cora wrote"
    seen = response.context["seen"]
    assert f'value="{seen}"' in page
    save(curating, draft, title="Edited since")
    assert upload(curating, CASE, replace=seen).status_code == 400
    draft.refresh_from_db()
    assert draft.title == "Edited since"
    response = upload(curating, CASE, replace=draft.updated_at.isoformat())
    assert response.redirect_chain
    draft.refresh_from_db()
    assert draft.title == case.title


def test_a_draft_that_is_the_published_text_is_replaced_without_asking(case, curating, cora):
    draft = services.start_draft(case, cora)
    assert upload(curating, CASE.replace("Acme scores", "Acme judges")).redirect_chain
    draft.refresh_from_db()
    assert draft.title == "Acme judges payments"
    assert CaseStudy.objects.filter(draft_of=case).count() == 1


def test_what_is_replaced_in_review_is_a_draft_again(case, curating, cora):
    draft = services.start_draft(case, cora)
    services.submit_for_review(draft)
    upload(curating, CASE.replace("Acme scores", "Acme judges"))
    draft.refresh_from_db()
    assert draft.state == State.DRAFT


def test_a_draft_that_makes_no_document_is_not_downloaded(case, curating, cora):
    draft = services.start_draft(case, cora)
    save(curating, draft, **{"claims-0-as_of": "last May"})
    response = curating.get(url("download", draft), follow=True)
    assert "claims.0.as_of" in response.content.decode()


def test_strangers_learners_and_operators_neither_upload_nor_download(
    case, client, client_as, ada, oscar
):
    assert client.get(UPLOAD).status_code == 302
    assert client.get(url("download", case)).status_code == 302
    client = client_as(ada)
    assert client.post(UPLOAD, {}).status_code == 302
    assert client.get(url("download", case)).status_code == 302
    client = client_as(oscar)
    assert client.get(UPLOAD).status_code == 403
    assert upload(client, CASE).status_code == 403
    assert client.get(url("download", case)).status_code == 403
    assert not CaseStudy.objects.filter(draft_of=case).exists()
