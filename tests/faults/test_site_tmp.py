import urllib.request, json
def test_site(running_site, site):
    with urllib.request.urlopen(running_site + "/readyz") as r: print(r.read())
    with urllib.request.urlopen(running_site + "/api/v1/case-studies/") as r: print(json.load(r)["count"])
    with urllib.request.urlopen(running_site + "/") as r: print(r.status)
    print(site.account)
