"""Settings of all tests: failing examples are reported as found, since shrinking a simulation takes minutes."""

from hypothesis import Phase, settings

settings.register_profile("openldn", phases=[Phase.explicit, Phase.reuse, Phase.generate], deadline=None)
settings.load_profile("openldn")
