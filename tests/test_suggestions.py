"""A wrong name is answered with a near one, or with the list: a far one leads astray."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openldn.cli import main
from openldn.notation import suggestion

NAMES = ["T_TNF", "T_E", "K_ON", "F_ORAL", "EMAX", "fibromyalgia", "half-normal", "Crohn's disease"]


@pytest.mark.parametrize(
    ("wrong", "known", "right"),
    [
        ("F_ORL", NAMES, "F_ORAL"), ("emax", NAMES, "EMAX"), ("EMXA", NAMES, "EMAX"), ("fibromyalgy", NAMES, "fibromyalgia"),
        ("normal", NAMES, "half-normal"), ("crohn", NAMES, "Crohn's disease"), ("KK", ["K", "CL"], "K"),
        ("ai", ["a1", "n2i"], "a1"),
        ("ldm", ["ldn", "cytokines"], "ldn"),
    ],
)  # fmt: skip
def test_a_slip_of_the_pen_is_answered_with_the_name(wrong: str, known: list[str], right: str) -> None:
    assert suggestion(wrong, known) == f'did you mean "{right}"?'


@pytest.mark.parametrize(
    ("wrong", "known"), [("E_TONE", NAMES), ("HR", ["RR", "OR", "RD"]), ("dose", NAMES), ("zz", NAMES)]
)
def test_a_far_name_is_answered_with_the_list(wrong: str, known: list[str]) -> None:
    assert suggestion(wrong, known) == f"choose one of: {', '.join(sorted(known))}"


def test_a_long_list_is_cut_and_says_where_all_of_it_is() -> None:
    said = suggestion("zzzz", [f"name{i:02}" for i in range(40)], listed="ldn evidence")
    assert said.endswith("name11 … (40 in all; ldn evidence lists them)")


@given(st.sampled_from(NAMES), st.data())
def test_one_letter_left_out_of_a_longer_name_is_found(name: str, data: st.DataObject) -> None:
    i = data.draw(st.integers(0, len(name) - 1))
    if len(name) > 3:
        assert suggestion(name[:i] + name[i + 1 :], NAMES) == f'did you mean "{name}"?'


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("evidence", "zzzzz"), "in all; ldn evidence lists them)"),
        (("claims", "Z99"), "in all; ldn claims lists them)"),
        (("dose", "4.5mg", "--set", "QQQQ=1"), "choose one of"),
    ],
)
def test_commands_say_where_the_list_is(
    words: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(list(words))
    err = capsys.readouterr().err
    assert left.value.code == 2
    assert says in err
    assert "did you mean" not in err
