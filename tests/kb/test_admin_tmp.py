import pytest
from django.urls import reverse
from kb.models import *
from problems.models import Problem
def test_pages(shipped, client_as, admin):
    c=client_as(admin)
    for m in (Company,Technique,CaseStudy,StudyPlan,Chapter,Topic,Problem,Revision):
        u=reverse(f"admin:{m._meta.app_label}_{m._meta.model_name}_changelist")
        r=c.get(u); assert r.status_code==200,(u,r.status_code)
        o=m.objects.first(); r=c.get(reverse(f"admin:{m._meta.app_label}_{m._meta.model_name}_change",args=[o.pk])); assert r.status_code==200,(m,r.status_code)
        if m not in (Chapter,Revision): 
            r=c.get(reverse(f"admin:{m._meta.app_label}_{m._meta.model_name}_add")); assert r.status_code==200,(m,r.status_code)
    case=CaseStudy.objects.get(slug="netflix-recommender-system")
    r=c.post(reverse("admin:kb_casestudy_edit",args=[case.pk])); assert r.status_code==302
    d=CaseStudy.objects.get(draft_of=case)
    r=c.get(r.url); assert r.status_code==200; form=r.context["adminform"].form
    data={}
    for f in form: 
        v=f.value(); v="" if v is None else v
        data[f.html_name]=[x.pk if hasattr(x,'pk') else x for x in v] if isinstance(v,(list,)) else v
    for fs in r.context["inline_admin_formsets"]:
        data.update({h.html_name:h.value() for h in fs.formset.management_form})
        for f in fs.formset.forms:
            for b in f: data[b.html_name]="" if b.value() is None else b.value()
    for k in ("lessons","negative_results","not_public"): data[k]="\n\n".join(getattr(d,k))
    data["questions"]="\n\n".join(q["question"]+"\n"+q["answer"] for q in d.questions)
    data["title"]="A new title"
    r=c.post(reverse("admin:kb_casestudy_change",args=[d.pk]),data); 
    if r.status_code!=302:
        print(r.context["adminform"].form.errors, [f.errors for f in r.context["inline_admin_formsets"][0].formset.forms][:2])
    assert r.status_code==302
    d.refresh_from_db(); assert d.title=="A new title"
    a=case.to_document(); b=d.to_document(); assert a.model_copy(update={"title":"A new title"})==b
    r=c.get(reverse("admin:kb_casestudy_revisions",args=[d.pk])); assert r.status_code==200
    r=c.post(reverse("admin:kb_casestudy_submit",args=[d.pk])); assert r.status_code==302
    r=c.post(reverse("admin:kb_casestudy_publish",args=[d.pk]),follow=True); assert b"Published as revision 2" in r.content
    r=c.get(reverse("admin:kb_casestudy_revisions",args=[case.pk])); assert b"A new title" in r.content
    r=c.get(reverse("admin:kb_topic_changelist")+"?q=bayes"); assert r.status_code==200
    r=c.get(reverse("admin:autocomplete")+"?app_label=kb&model_name=casestudy&field_name=techniques&term=bay"); assert r.status_code==200; print(r.content[:300])
