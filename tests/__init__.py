import pytest

# Before anything of it is imported: what a helper asserts is explained as in a test.
pytest.register_assert_rewrite("tests.support")
