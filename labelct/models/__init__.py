"""Models by what a user calls them; those that come with labelct lie here, each in the folder of its name."""

from labelct.models.find import built_in, find_model

__all__ = ["built_in", "find_model"]
