from rest_framework.routers import SimpleRouter

from compute.api import views

router = SimpleRouter()
router.register("kinds", views.KindViewSet, basename="kind")
router.register("jobs", views.JobViewSet, basename="job")

urlpatterns = router.urls
