"""What a user may ask of an MP3: one validated model for every way in (form fields, URL, JSON)."""

from chassis.options.model import OPTION_NAMES, ConversionOptions
from chassis.options.values import Cover, InvalidOption

__all__ = ["OPTION_NAMES", "ConversionOptions", "Cover", "InvalidOption"]
