"""Datasets: what learners upload for recommenders, and see and delete again."""

from django.http import Http404
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response

from compute import uploads
from compute.api.waiting import UUID
from compute.datasets import COLUMNS, MOST_BYTES
from compute.errors import UnknownDataset
from compute.models import Dataset
from rest.filters import check_names
from rest.pagination import CursorPagination
from rest.uploads import refuse_large, uploaded_file

FORM = {
    "type": "object",
    "required": ["file"],
    "additionalProperties": False,
    "properties": {
        "file": {
            "type": "string",
            "format": "binary",
            "description": (
                "CSV in UTF-8, at most 20 MB and 1,000,000 rows. The first line names the columns:"
                " `user`, `item`, and perhaps `rating` or `weight`, and `timestamp`."
            ),
        }
    },
}
CSV = "user,item,rating,timestamp\nada,alien,4.5,2026-11-01T20:15:00Z\nada,heat,3,1793563200\n"
DATASET_ID = "5a1d8f0e-3f5e-4c0b-8b7e-0c3a9b1f2d44"
EXAMPLE = {
    "id": DATASET_ID,
    "name": "films.csv",
    "rows": 2,
    "users": 1,
    "items": 2,
    "replaced": 0,
    "columns": ["user", "item", "rating", "timestamp"],
    "size": 1536,
    "sha256": "d3b2f0a4c7c4a1f6f0b5b7d1c9e2a3f4b5c6d7e8f9a0b1c2d3e4f5a6b7c8d9e0",
    "created_at": "2026-11-24T09:00:00Z",
    "expires_at": "2026-12-24T09:00:00Z",
}
ANSWER = {"response_only": True, "value": EXAMPLE}
DESCRIPTION = """
A CSV file in UTF-8 as RFC 4180 has it; the columns in any order, their names in any case.

- `user`, `item`: at most 200 characters; blanks around any value do not count.
- `rating`: a finite number. Of several ratings of one item by one user the latest counts, by
  `timestamp` and then by row; `replaced` says how many others there were. Without timestamps such
  a file is refused.
- `weight`: 0 or more, such as plays. Without ratings every row counts, and `rows` are all rows.
- `timestamp`: Unix seconds, or ISO 8601 (UTC where it does not say).

What is wrong is a 422 with up to 20 places, such as `/file/17/rating`: line 17 as an editor counts,
where the header is line 1, and the column. The same bytes again answer the dataset that there is,
which is kept for longer. 409 where there is no room for it beside your others. A file that is too
large is a 413 before it is read, and one of unknown length a 411.
"""


class DatasetSerializer(serializers.ModelSerializer):
    """A dataset of the caller's own."""

    columns = serializers.ListField(child=serializers.ChoiceField(choices=COLUMNS))

    class Meta:
        model = Dataset
        fields = [
            "id",
            "name",
            "rows",
            "users",
            "items",
            "replaced",
            "columns",
            "size",
            "sha256",
            "created_at",
            "expires_at",
        ]
        read_only_fields = fields


class DatasetViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """Upload datasets, list and delete them. Nobody but their owner learns that they exist."""

    serializer_class = DatasetSerializer
    pagination_class = CursorPagination
    permission_classes = [IsAuthenticated]
    parser_classes = [MultiPartParser]
    queryset = Dataset.objects.all()
    lookup_value_regex = UUID
    filter_backends = []

    def initial(self, request, *args, **kwargs):
        refuse_large(request, MOST_BYTES)
        super().initial(request, *args, **kwargs)

    def get_queryset(self):
        return Dataset.objects.of(self.request.user).kept()

    @extend_schema(
        summary="List your own datasets, newest first",
        examples=[OpenApiExample("A dataset", value=EXAMPLE)],
    )
    def list(self, request):
        check_names(request, {"cursor", "page_size"})
        return super().list(request)

    @extend_schema(
        summary="Upload a dataset for recommenders",
        description=DESCRIPTION,
        request={"multipart/form-data": FORM},
        responses={201: DatasetSerializer},
        examples=[
            OpenApiExample(
                "A file", value={"file": CSV}, request_only=True, media_type="multipart/form-data"
            ),
            OpenApiExample("Kept", status_codes=["201"], **ANSWER),
        ],
    )
    def create(self, request):
        check_names(request, set())
        upload = uploaded_file(request, "file", MOST_BYTES)
        dataset, _is_new, fields = uploads.keep(request.user, upload.file, upload.name)
        headers = fields | {"Location": f"/api/v1/compute/datasets/{dataset.pk}/"}
        data = self.get_serializer(dataset).data
        return Response(data, status=201, headers=headers)

    @extend_schema(
        summary="Read what a dataset of your own is",
        examples=[OpenApiExample("A dataset", value=EXAMPLE)],
    )
    def retrieve(self, request, pk):
        check_names(request, set())
        try:
            dataset = uploads.dataset_of(request.user, pk)
        except UnknownDataset:
            raise Http404 from None
        return Response(self.get_serializer(dataset).data)

    @extend_schema(
        summary="Delete a dataset of your own",
        description="A job that has begun to read it goes on; one that has not fails.",
        responses={204: OpenApiResponse(description="It is gone.")},
    )
    def destroy(self, request, pk):
        check_names(request, set())
        uploads.delete(self.get_object())
        return Response(status=204)
