"""People and companies out of name cells: couples, turned names, nicknames, suffixes, legal forms."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

# Each line is one given name and what people call its bearers; a name may stand in several lines.
_CALLED: Final = """
abigail abby gail|abraham abe|adelaide addie|agnes aggie|albert al bert bertie
alexander alex al alec sandy xander|alexandra alex sandra sandy lexi alexandria alexa
alfred al fred alf freddie|alice ali ally|alicia ali|allison ali allie allyson alison|alvin al
amanda mandy mandi|andrea andi andie drea|andrew andy drew andres|angela angie|anita nita
ann anna anne annie nan nancy annette|anthony tony antonio|antonia toni tonia|arnold arnie
arthur art artie|augustus gus august|barbara barb barbie babs|barry bar|beatrice bea|belinda linda
benjamin ben benny benji|bernard bernie|beth elizabeth|betty elizabeth|beverly bev|bradley brad
bradford brad|brandon bran|brenda bren|brian bryan|bridget bridgette|calvin cal|cameron cam|carl karl
carol carole carrie caroline carolyn|carolyn carol lynn caroline|cassandra cassie sandra|cassidy cass
catherine cathy kathy kate katie cat katherine kathryn cathryn|cecilia cece|chad charles
charles charlie chuck chas|charlotte charlie lottie|chester chet|christian chris
christina chris tina christy chrissy kristina christine christie|christopher chris topher kit
clarence clare|clifford cliff|clinton clint|constance connie|cornelius neil|courtney court
crystal chris krystal|curtis curt|cynthia cindy cyndi|dale dal|daniel dan danny|danielle dani danni
david dave davey|deborah deb debbie debra debby|debra deb debbie|delbert del|denise denny|dennis denny den
diana di diane dianne|dolores dee|dominic dom nick|donald don donnie|donna don|dorothy dot dottie dolly
douglas doug|edgar ed|edward ed eddie ted ned|edwin ed eddie|eleanor ellie nora ella
elizabeth liz beth betty lizzie eliza betsy bess libby lisa elisabeth|ellen nell nellie|emily em emmy
emma em|eric erik rick|ernest ernie|eugene gene|evelyn evie eve|florence flo|frances fran frankie
francis frank fran|frank francis franklin|franklin frank|frederick fred freddie freddy rick|gabriel gabe
gabrielle gabby|gary gar|geoffrey geoff jeff|george georgie|gerald jerry gerry|geraldine gerry
gerard jerry|gilbert gil bert|glenn glen|gloria glo|gordon gord|grace gracie|gregory greg gregg
gwendolyn gwen wendy|harold hal harry|harriet hattie|harry harold henry|heather heath|helen nell ellen
henry hank harry hal|herbert herb bert|herman herm|howard howie|hubert hugh bert|isaac ike
isabella bella izzy isabel|jack john|jacob jake jack|jacqueline jackie|james jim jimmy jamie jimmie
jane janie|janet jan|janice jan|jason jay jase|jeffrey jeff jeffery|jennifer jen jenny jenn jennie
jeremiah jerry|jeremy jerry|jerome jerry|jesse jess|jessica jess jessie|jill gillian|joan joanie|joann jo
joel joe|john johnny jack jon johnnie|jonathan jon john nathan jonny|jose joe pepe|joseph joe joey jo
josephine jo josie|joshua josh|joyce joy|juan john|juanita nita|judith judy judi|julia julie jules
julian jules|kathleen kathy kate katie kath
katherine kathy kate katie kat kathryn katharine kitty katelyn kay|katelyn kate katie kaitlyn
kathryn kathy kate katie|kelsey kels|kenneth ken kenny|kevin kev|kimberly kim kimmie|kristen kris kristin
kristina kris tina|kristopher kris|kyle ky|laura laurie lori|lauren laurie|lawrence larry lonnie laurence
leon lee leo|leonard len leo lenny|leroy roy|leslie les|lester les|lewis lew lou louis|lillian lily lil
linda lindy lynn|lindsay lindsey|lois lo|louis lou louie|louise lou|lucas luke|lucille lucy
madeline maddie|marcia marcy|marcus mark|margaret maggie meg peggy marge margie greta rita|maria mary
marie mary|marilyn mary lynn|marjorie marge margie|mark marcus marc|martha marty|martin marty|marvin marv
mary molly polly marie|matthew matt matty|maurice maury|maxwell max|megan meg meghan|melanie mel
melinda mindy mel|melissa mel missy lissa|melvin mel|michael mike mick mickey mikey micheal
michelle shelly shell michele|mildred millie|milton milt|miranda randi|mitchell mitch|mohammed mo
monica mona|nancy nan|natalie nat|natasha tasha nat|nathan nate nat|nathaniel nate nat nathan
nicholas nick nicky nicolas|nicole nikki nicki nicky|norman norm|oliver ollie|olivia liv|oscar ozzie
pamela pam pammy|patricia pat patty trish tricia patsy|patrick pat paddy rick|paul pauly|paula polly
peggy margaret|peter pete|philip phil phillip|phyllis phyl|rachel rach|ralph ralphie|randall randy
raymond ray|rebecca becky becca|reginald reggie reg|regina gina|ricardo rick ricky richard
richard rick dick rich ricky richie|robert bob rob bobby robbie bert roberto|roberta bobbie|robin rob
rodney rod|roger rog|roland rollie|ronald ron ronnie|rosemary rose rosie|rosa rose|roxanne roxy
russell russ rusty|ruth ruthie|sally sarah|samantha sam sammie|samuel sam sammy|sandra sandy sandi
sarah sara sally sadie|scott scotty|sean shawn shaun|sharon shari sherry|shelby shel|sheila shelia
shirley shirl|sidney sid|sophia sophie|stacy stacey|stanley stan|stephanie steph stephie stefanie
stephen steve steven stevie|steven steve stephen|stuart stu|susan sue susie suzy suzanne|suzanne sue suzy
sylvia syl|tabitha tabby|tamara tammy tami|tammy tamara|teresa terry tess terri theresa
terrance terry terrence|terry terrance|thaddeus tad ted|theodore ted teddy theo|theresa terry tess teresa
thomas tom tommy|tiffany tiff|timothy tim timmy|tobias toby|todd tod|tracy tracey traci tracie|tyler ty
valerie val|vanessa nessa|veronica ronnie roni|victor vic|victoria vicky vicki tori|vincent vince vinny
viola vi|virginia ginny ginger|vivian viv|walter walt wally|wanda wendy|warren ren|wayne way|wendy gwen
wesley wes|wilbur will|wilfred will fred|willard will|william bill will billy willie liam|winston win
yolanda yoli|yvonne vonnie|zachary zach zack zac|zoe zo
"""
_GROUPS: dict[str, set[int]] = defaultdict(set)
_CANON: dict[str, str] = {}
for _at, _line in enumerate(_CALLED.replace("\n", "|").split("|")):
    for _name in _line.split():
        _GROUPS[_name].add(_at)
        _CANON.setdefault(_name, _line.split()[0])
_NICKNAMES: Final = {name: frozenset(groups) for name, groups in _GROUPS.items()}

_TITLES_WORDS: Final = """
mr mrs ms miss dr prof rev sir madam fr mx hon
"""
_TITLES: Final = frozenset(_TITLES_WORDS.split())
_GENERATIONS: Final = {"jr": "jr", "junior": "jr", "sr": "sr", "senior": "sr", "ii": "ii", "iii": "iii",
                       "iv": "iv", "2nd": "ii", "3rd": "iii", "4th": "iv"}  # fmt: skip
_DEGREES: Final = frozenset(["md", "dds", "phd", "esq", "cpa", "rn", "dvm", "do"])
_PARTICLES_WORDS: Final = """
de del la las los van von der den di da dos st saint mac mc o le el al
"""
_PARTICLES: Final = frozenset(_PARTICLES_WORDS.split())
_LEGAL_WORDS: Final = """
llc llp lp inc incorporated corp corporation co company ltd limited plc pc pllc pa the of and
"""
_LEGAL: Final = frozenset(_LEGAL_WORDS.split())
_COMPANY_WORDS_WORDS: Final = """
llc llp inc incorporated corp corporation co company ltd limited pllc plc realty realtors properties
property management holdings church chapel temple ministries school schools elementary academy college
university apartments apartment condos condominiums dental dentistry plumbing electric electrical
roofing heating cooling hvac construction contractors builders homes law attorneys hoa association
restaurant cafe grill pizza bakery auto automotive motors store shop market office offices clinic
medical hospital health veterinary salon spa gym fitness hotel motel inn suites bank insurance services
service group partners associates enterprises industries rentals leasing investments ventures trust
foundation city county state isd department dept district center centre club storage warehouse farm
farms ranch nursery landscaping cleaners laundry daycare tavern bar brewery winery
"""
_COMPANY_WORDS: Final = frozenset(_COMPANY_WORDS_WORDS.split())

_NUMBERED = re.compile(r"\s*\(\d{1,3}\)\s*$")
_CARE_OF = re.compile(r"\b(?:c/o|attn:?|attention:?|care of|dba|d/b/a|aka|a/k/a)\b.*$", re.IGNORECASE)
_BRACKETS = re.compile(r"\([^)]*\)|\[[^\]]*\]")
_AND = re.compile(r"\s+(?:and|und|y)\s+|\s*[&+/]\s*", re.IGNORECASE)
_APOSTROPHES = re.compile(r"['\u2018\u2019`\u00b4]")
_NOT_A_WORD = re.compile(r"[^a-z0-9-]+")


@dataclass(frozen=True, slots=True)
class Person:
    """A name in plain letters: no case, no accents, no apostrophes. Either part may be empty."""

    first: str = ""
    last: str = ""
    generation: str = ""


@dataclass(frozen=True, slots=True)
class Names:
    """Who a name cell speaks of."""

    people: tuple[Person, ...] = ()
    company: str = ""


def plain(text: str) -> str:
    """Lower case without accents and apostrophes."""
    text = text.casefold()
    if not text.isascii():
        text = _APOSTROPHES.sub("", unicodedata.normalize("NFKD", text))
        return "".join(character for character in text if not unicodedata.combining(character))
    return text.replace("'", "").replace("`", "")


@lru_cache(maxsize=50_000)
def read_names(text: str) -> Names:
    """The people or the company of one cell: "SMITH, JOHN", "John and Mary Smith", "Smith Plumbing LLC"."""
    text = _BRACKETS.sub(" ", _CARE_OF.sub("", _NUMBERED.sub("", text[:200])))
    whole = plain(text)
    if _looks_like_a_company(whole):
        return Names(company=company_core(whole))
    before, comma, after = whole.partition(",")
    shared_last = ""
    if comma and after.strip() and not _only_suffixes(after):
        people = _several(after, last_given=_words(before))
        return Names(tuple(people))
    people = _several(whole.replace(",", " "), last_given=[], shared_last=shared_last)
    return Names(tuple(people))


@lru_cache(maxsize=50_000)
def person(first: str, last: str) -> tuple[Person, ...]:
    """The people of two cells: a given-name cell (perhaps "John & Mary") and a family-name cell."""
    words = _words(plain(last))
    found = _several(plain(first), last_given=words)
    if not found and words:
        generation = next((_GENERATIONS[word] for word in words[1:] if word in _GENERATIONS), "")
        found = [Person("", _joined(words), generation)]
    return tuple(found)


@lru_cache(maxsize=50_000)
def company_core(text: str) -> str:
    """A company's name without its legal form."""
    words = [word for word in _NOT_A_WORD.sub(" ", plain(_NUMBERED.sub("", text))).split() if word != "-"]
    kept = [word for word in words if word not in _LEGAL]
    return " ".join(kept or words)


def nickname_groups(first: str) -> frozenset[int]:
    """The given names that somebody called this may have; empty where we know of none."""
    return _NICKNAMES.get(first, frozenset())


def canonical(first: str) -> str:
    """One given name for a name and its commonest nicknames."""
    return _CANON.get(first, first)


_SOUNDS: Final = str.maketrans(
    {**dict.fromkeys("bp", "b"), **dict.fromkeys("fvw", "f"), **dict.fromkeys("cgjkqsxz", "k"),
     **dict.fromkeys("dt", "t"), **dict.fromkeys("mn", "m"), "l": "l", "r": "r",
     **dict.fromkeys("aeiouyh", "")}
)  # fmt: skip


@lru_cache(maxsize=100_000)
def sound(word: str) -> str:
    """How a word roughly sounds: its consonants in classes, doubled ones once, four at most."""
    if not word:
        return ""
    word = word.replace("-", "").replace("ph", "f").replace("gh", "h").replace("ck", "k")
    classes = word.translate(_SOUNDS)
    heard = word[0] if word[0] in "aeiouyh" else ""
    for letter in classes:
        if not heard.endswith(letter):
            heard += letter
    return heard[:4]


def _looks_like_a_company(text: str) -> bool:
    words = _NOT_A_WORD.sub(" ", text).split()
    return any(word in _COMPANY_WORDS for word in words[1:]) or (
        len(words) > 0 and words[0] in {"city", "county", "church", "hotel", "bank", "school", "university"}
        and len(words) > 1
    )  # fmt: skip


def _only_suffixes(text: str) -> bool:
    return all(word in _GENERATIONS or word in _DEGREES for word in _words(text))


def _words(text: str) -> list[str]:
    return [word.strip("-") for word in _NOT_A_WORD.sub(" ", text).split() if word.strip("-")]


def _several(text: str, *, last_given: list[str], shared_last: str = "") -> list[Person]:
    """Each person of "John", "John and Mary Smith" or "John Smith & Mary Jones"."""
    given_generation = next((_GENERATIONS[word] for word in last_given[1:] if word in _GENERATIONS), "")
    last = _joined(last_given) or shared_last
    people: list[Person] = []
    for part in reversed([part for part in _AND.split(text) if part.strip()]):
        one = _one(_words(part), last, family_known=bool(last_given))
        if one is None:
            continue
        people.append(Person(one.first, one.last, one.generation or given_generation))
        last = last or one.last
    people.reverse()
    return people


def _joined(words: list[str]) -> str:
    kept = [word for word in words if word not in _GENERATIONS and word not in _DEGREES] or words
    return "".join(kept)


def _one(words: list[str], last: str, *, family_known: bool) -> Person | None:
    generation = next((_GENERATIONS[word] for word in words[1:] if word in _GENERATIONS), "")
    kept = [
        word for at, word in enumerate(words)
        if word not in _TITLES and not (at and (word in _GENERATIONS or word in _DEGREES))
    ]  # fmt: skip
    if not kept:
        return None
    if family_known or (last and len(kept) == 1):
        return Person(kept[0], last, generation)
    if len(kept) == 1:
        return Person("", kept[0], generation)
    at = len(kept) - 1
    while at > 1 and kept[at - 1] in _PARTICLES:
        at -= 1
    return Person(kept[0], "".join(kept[at:]), generation)
