"""Fields that take what their schema says, and nothing that merely could be read so."""

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from rest_framework import serializers

from rest.errors import Refused
from rest.pointers import pointer

NO_NUL = r"^[^\x00]*$"
# Of the names that a body has and should not have, so many are said.
MOST_NAMED = 10


class StrictSerializer(serializers.Serializer):
    """A body in which every name counts: an unknown one is refused."""

    def validate(self, attrs):
        if unknown := sorted(set(self.initial_data) - set(self.fields)):
            detail = f"There is no such field here; there is {' and '.join(self.fields)}."
            places = [pointer(name) for name in unknown[:MOST_NAMED]]
            errors = [{"pointer": place, "code": "unknown", "detail": detail} for place in places]
            raise Refused(422, detail, errors)
        return attrs


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


class TrueOrFalse(serializers.BooleanField):
    """A JSON boolean: no word and no number in place of it."""

    default_error_messages = {"invalid": "Send true or false."}

    def to_internal_value(self, data):
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class NumberField(serializers.FloatField):
    """A JSON number: no text and no boolean in place of it."""

    default_error_messages = {"invalid": "Send a number."}

    def to_internal_value(self, data):
        if isinstance(data, bool) or not isinstance(data, int | float):
            self.fail("invalid")
        return super().to_internal_value(data)
