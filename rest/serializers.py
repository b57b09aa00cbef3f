"""Fields that take what their schema says, and nothing that merely could be read so."""

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from rest_framework import serializers

NO_NUL = r"^[^\x00]*$"


class TextField(serializers.CharField):
    """A JSON string as it came: no number in place of it, no blanks taken off, no NUL."""

    def __init__(self, **kwargs):
        super().__init__(trim_whitespace=False, **kwargs)

    def to_internal_value(self, data):
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class TextFieldSchema(OpenApiSerializerFieldExtension):
    target_class = TextField

    def map_serializer_field(self, auto_schema, direction):
        field = self.target
        schema = {"type": "string", "minLength": 0 if field.allow_blank else 1}
        return schema | {"maxLength": field.max_length, "pattern": NO_NUL}
