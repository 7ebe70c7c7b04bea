"""The demo company's customers: made-up people and businesses around Austin, Texas, with made-up numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import cycle
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from fsm import counters
from fsm.clock import today_in
from fsm.company import default_branch
from fsm.demo import DemoWorld, demo_part, take_stock
from fsm.history import insert_with_history
from fsm.models import Branch, User
from fsm.permissions import Role

from .addresses import match_key
from .demo_copies import add_copies
from .demo_extras import add_extras
from .models import (
    AddressStanding,
    Channel,
    Communication,
    Contact,
    CoordinatesQuality,
    Customer,
    CustomerKind,
    CustomerNote,
    Direction,
    EmailAddress,
    PhoneNumber,
    QualityCount,
    Site,
    Terms,
)
from .quality import count_quality
from .states import DeliveryState

HOUSEHOLDS: Final = 820
BUSINESSES: Final = 66
MANAGERS: Final = 14


@dataclass(frozen=True)
class Town:
    """A place, its ZIPs, where it lies, and how many of a hundred customers live there."""

    name: str
    zips: tuple[str, ...]
    latitude: float
    longitude: float
    weight: int


TOWNS: Final = (
    Town("Austin", ("78702", "78704", "78723", "78745", "78748", "78751", "78757"),
         30.2900, -97.7500, 44),
    Town("Round Rock", ("78664", "78665", "78681"), 30.5083, -97.6789, 13),
    Town("Cedar Park", ("78613",), 30.5052, -97.8203, 9),
    Town("Pflugerville", ("78660",), 30.4394, -97.6200, 8),
    Town("Georgetown", ("78626", "78628", "78633"), 30.6333, -97.6770, 8),
    Town("Leander", ("78641",), 30.5788, -97.8531, 5),
    Town("Kyle", ("78640",), 29.9891, -97.8772, 4),
    Town("Buda", ("78610",), 30.0852, -97.8403, 3),
    Town("Hutto", ("78634",), 30.5427, -97.5467, 3),
    Town("Lakeway", ("78734", "78738"), 30.3680, -97.9917, 3),
)  # fmt: skip
AREA_CODES: Final = (
    "512",
    "737",
    "512",
    "737",
    "830",
    "254",
    "979",
    "210",
    "361",
    "325",
    "682",
    "469",
    "726",
)
FIRST: Final = (
    "Lisa", "Maria", "James", "Robert", "Linda", "Carlos", "Ashley", "Denise", "Marcus", "Thanh", "Priya",
    "Jorge", "Angela", "Kevin", "Yolanda", "Ruben", "Sarah", "Travis", "Monica", "Walter", "Beatriz",
    "Cody", "Elaine", "Hector", "Janet", "Kimberly", "Luis", "Megan", "Nathan", "Olga", "Patricia",
    "Quentin", "Rosa", "Stephen", "Tamika", "Victor", "Wendy", "Xavier", "Yvonne", "Zachary", "Alan",
    "Brenda", "Craig", "Diego", "Emily", "Frank", "Gloria", "Henry", "Irene", "Jamal", "Karen", "Leonard",
    "Michelle", "Nora", "Oscar", "Paula", "Raymond", "Sandra", "Terrence", "Vanessa", "Anita", "Bobby",
    "Cynthia", "Dale", "Esther", "Felipe", "Grace", "Harold", "Isabel", "Joyce",
)  # fmt: skip
LAST: Final = (
    "Hall", "Garza", "Nguyen", "Johnson", "Martinez", "Okafor", "Schmidt", "Rodriguez", "Patel", "Baker",
    "Flores", "Whitaker", "Tran", "Castillo", "Hoffman", "Jenkins", "Salazar", "McKinney", "Ortega",
    "Coleman", "Vasquez", "Bishop", "Le", "Dominguez", "Krueger", "Washington", "Mendoza", "Sullivan",
    "Reyes", "Petersen", "Guerrero", "Harmon", "Pham", "Cisneros", "Fletcher", "Delgado", "Lindsey",
    "Maldonado", "Boone", "Chandra", "Espinoza", "Fuller", "Gonzales", "Herrera", "Ingram", "Jimenez",
    "Kemp", "Lozano", "Mercer", "Navarro", "Osborne", "Pruitt", "Quiroga", "Rosales", "Stafford", "Trevino",
    "Underwood", "Valdez", "Weaver", "Ybarra", "Zamora", "Abbott", "Barrera", "Cantu", "Dawson", "Ellison",
    "Fontenot", "Gaines", "Huerta", "Jarrett", "Koenig", "Landry", "Moreno", "Nash", "Ochoa", "Pena",
    "Rangel", "Saenz", "Teague", "Villarreal", "Wooten", "Brandt", "Acosta", "Burnett", "Crane", "Duffy",
    "Emerson", "Friedrich", "Goodwin", "Hinojosa",
)  # fmt: skip
STREETS: Final = (
    "Avenue F", "Oak Hollow Dr", "Cypress Bend", "Riverside Dr", "Bluebonnet Ln", "Live Oak St",
    "Pecan Grove Rd", "Barton Skyway", "Duval St", "Mesquite Trl", "Limestone Ct", "Chaparral Cir",
    "Sycamore Ave", "Kingsbury St", "Ramsey Ave", "Lakeline Blvd", "Sunrise Rd", "Wildflower Way",
    "Deer Creek Pkwy", "Old Settlers Blvd", "Brushy Creek Rd", "Anderson Mill Rd", "Juniper Ridge",
    "Stonehaven Cv", "Quail Run", "Manchaca Rd", "Shoal Creek Blvd", "Burleson Ct", "Elmwood Pl",
    "Silver Spur", "Whitestone Dr", "Arrowhead Pass", "Great Oaks Dr", "Hollow Tree Blvd",
    "Travis Heights Blvd", "Fairfield Dr", "Meadow Lark Ave", "Palo Duro Dr", "Longhorn Trl",
    "Cottonwood Pass", "Prairie Clover Path", "Rustic Barn Ln", "San Gabriel Dr", "Vista Ridge Blvd",
)  # fmt: skip
BUSINESS_NAMES: Final = (
    "{last} Family Dentistry", "{town} Veterinary Clinic", "{last} & Sons Auto Repair", "Taqueria {first}",
    "{last} Law Office", "{town} Community Church", "{town} Montessori School", "{last} Insurance Agency",
    "Corner Bakery of {town}", "{last} Barbecue", "{town} Family Medicine", "{last} Hardware",
    "{town} Storage", "Hill Country Physical Therapy {town}", "{last} Brewing Company",
    "{town} Gymnastics Academy", "{last} Funeral Home", "{town} Animal Hospital", "{last} Tax Service",
    "Lone Pecan Coffee {town}",
)  # fmt: skip
MANAGER_NAMES: Final = (
    "Pecan Street Property Management", "Hill Country Rentals", "Barton Springs Realty Management",
    "Brushy Creek Apartments", "Capitol View Property Group", "Travis Residential",
    "Blackland Property Services", "San Gabriel Homes Management", "Lakeline Leasing", "Old Town Landlords",
    "Bluebonnet Residential", "Wells Branch Property Partners", "Settlers Park Management",
    "Violet Crown Rentals",
)  # fmt: skip
NOTES: Final = (
    "Please call half an hour before arriving.", "Two dogs in the back yard, friendly but loud.",
    "Prefers text messages to calls.", "Ladder needed: the air handler is in the attic above the garage.",
    "Filters are kept on the shelf beside the water heater.", "Works nights, sleeps until noon.",
    "Parking only on the left side of the street.",
    "Asked about a maintenance plan, call again in the spring.", "Breaker panel is in the laundry room.",
    "Had the condenser coil cleaned twice this summer: cottonwood trees.",
    "Pays by check, leaves it under the mat.", "Hard of hearing: ring twice and wait.",
    "Upstairs system is on the north side, behind the fence.",
    "Son-in-law helps with decisions about the house.",
)  # fmt: skip
CALLS: Final = (
    "Asked when the last tune-up was. Told her the date, she will call back.",
    "Wanted to know whether the warranty still holds on the compressor.",
    "Called about the thermostat: it was set to heat. Solved on the phone.",
    "Asked for a copy of the last invoice, will send it by e-mail.",
    "Left a message that the part has arrived.", "Confirmed the appointment, gate will be open.",
)  # fmt: skip
ACCESS: Final = ("Gate on the alley side.", "Key in the lockbox on the meter.", "Ring at the office first.")
REASONS: Final = (
    "Threatened a technician",
    "Unpaid since last year, sent to collections",
    "Asked us not to return",
)
SOURCES: Final = ("Referral", "Web search", "Neighbor's truck", "Yard sign", "Mailer", "Home warranty", "")


class Maker:
    """Gathers the rows of each kind, then inserts each kind at once."""

    def __init__(self, world: DemoWorld) -> None:
        self.world, self.chance = world, world.random
        self.branches = list(Branch.objects.filter(is_active=True).order_by("pk")) or [default_branch()]
        self.author = User.objects.filter(role=Role.OFFICE).order_by("pk").first()
        self.numbers = self._phone_numbers()
        self.customers: list[Customer] = []
        self.contacts: list[Contact] = []
        self.phones: list[PhoneNumber] = []
        self.emails: list[EmailAddress] = []
        self.sites: list[Site] = []
        self.notes: list[CustomerNote] = []
        self.messages: list[Communication] = []
        self._mailboxes: set[str] = set()

    def one_in(self, many: int) -> bool:
        """True for one of so many."""
        return self.chance.randrange(many) == 0

    def new_uuid(self) -> UUID:
        """A uuid that the seed decides."""
        return UUID(int=self.chance.getrandbits(128), version=4)

    def town(self) -> Town:
        """A town, large ones more often."""
        return self.chance.choices(TOWNS, [town.weight for town in TOWNS])[0]

    def branch_of(self, town: Town) -> Branch:
        """The branch nearest in spirit: the second serves the north."""
        return self.branches[1] if len(self.branches) > 1 and town.latitude > 30.45 else self.branches[0]

    def household(self) -> None:
        """A family with a house, sometimes with a second number or a spouse."""
        first, last, town = self.chance.choice(FIRST), self.chance.choice(LAST), self.town()
        customer = self.add(
            town, kind=CustomerKind.HOUSEHOLD, name=f"{first} {last}", first_name=first, last_name=last
        )
        contact = self.person(customer, f"{first} {last}", primary=True)
        self.reach(contact, "cell", first, last, "example.com")
        if self.one_in(4):
            self.phone(contact, "home")
        if self.one_in(5):
            spouse = self.person(customer, f"{self.chance.choice(FIRST)} {last}", role="Spouse")
            self.phone(spouse, "cell")
        self.site(customer, town)
        if self.one_in(22):
            self.site(
                customer, self.town(), name=self.chance.choice(("Lake house", "Rental", "Mother's house"))
            )
        if self.one_in(3):
            self.note(customer)

    def business(self) -> None:
        """A company with a manager, sometimes an owner, in one place or two."""
        town, last = self.town(), self.chance.choice(LAST)
        pattern = self.chance.choice(BUSINESS_NAMES)
        name = pattern.format(last=last, first=self.chance.choice(FIRST), town=town.name)
        exempt = "Church" in name or "School" in name
        customer = self.add(
            town,
            kind=CustomerKind.COMPANY,
            name=name,
            company_name=name,
            terms=self.chance.choice((Terms.NET_15, Terms.NET_30, Terms.NET_30)),
            is_taxable=not exempt,
            tax_certificate=f"TX-{self.chance.randrange(10**6, 10**7)}" if exempt else "",
        )
        self.staff(customer, name, ("Manager", "Owner"))
        self.site(customer, town, name=self.chance.choice(("", "", "Main building")), suite=True)
        if self.one_in(4):
            self.site(customer, self.town(), name="Second location", suite=True)

    def manager(self, name: str) -> None:
        """A property manager with several houses and people to ask."""
        town = self.town()
        customer = self.add(
            town,
            kind=CustomerKind.PROPERTY_MANAGER,
            name=name,
            company_name=name,
            terms=Terms.NET_30,
            billing_street=f"{self.chance.randrange(100, 900)} Congress Ave",
            billing_unit=f"Ste {self.chance.randrange(100, 990)}",
            billing_city="Austin",
            billing_state="TX",
            billing_postal_code="78701",
        )
        self.staff(customer, name, ("Property manager", "Accounts payable", "Maintenance"))
        for _ in range(self.chance.randrange(4, 12)):
            self.site(customer, self.town())
        self.note(customer, "Work above $500 needs the property manager's word first.", pinned=True)

    def staff(self, customer: Customer, name: str, roles: tuple[str, ...]) -> None:
        """The people at a company."""
        domain = "".join(letter for letter in name.lower() if letter.isalnum())[:24] + ".example"
        count = self.chance.randrange(1, len(roles) + 1)
        for place, role in enumerate(roles[:count]):
            first, last = self.chance.choice(FIRST), self.chance.choice(LAST)
            contact = self.person(customer, f"{first} {last}", role=role, primary=place == 0)
            self.reach(contact, "work", first, last, domain)

    def add(self, town: Town, **fields: Any) -> Customer:
        """A customer of the town; a few are on hold, refused or gone."""
        customer = Customer(
            uuid=self.new_uuid(),
            branch=self.branch_of(town),
            lead_source=self.chance.choice(SOURCES),
            credit_hold=self.one_in(70),
            is_active=not self.one_in(45),
            **fields,
        )
        if self.one_in(90):
            customer.do_not_service, customer.do_not_service_reason = True, self.chance.choice(REASONS)
        self.customers.append(customer)
        return customer

    def person(self, customer: Customer, name: str, *, role: str = "", primary: bool = False) -> Contact:
        """A contact."""
        contact = Contact(uuid=self.new_uuid(), customer=customer, name=name, role=role, is_primary=primary)
        self.contacts.append(contact)
        return contact

    def reach(self, contact: Contact, label: str, first: str, last: str, domain: str) -> None:
        """A number and mostly an address."""
        self.phone(contact, label, primary=True)
        if not self.one_in(4):
            mailbox = f"{first}.{last}".lower()
            while f"{mailbox}@{domain}" in self._mailboxes:
                mailbox = f"{first}.{last}{self.chance.randrange(2, 99)}".lower()
            self._mailboxes.add(f"{mailbox}@{domain}")
            self.emails.append(EmailAddress(contact=contact, address=f"{mailbox}@{domain}", is_primary=True))

    def phone(self, contact: Contact, label: str, *, primary: bool = False) -> None:
        """A number nobody has."""
        digits = next(self.numbers)
        self.phones.append(
            PhoneNumber(
                contact=contact,
                e164=f"+1{digits}",
                digits=digits,
                label=label,
                doubt="" if int(digits[-2:]) % 25 else "fictitious",
                is_primary=primary,
                **self._verified(digits),
            )
        )

    def site(self, customer: Customer, town: Town, *, name: str = "", suite: bool = False) -> None:
        """A place in the town, some behind a gate."""
        street = f"{self.chance.randrange(100, 9900)} {self.chance.choice(STREETS)}"
        unit = f"Ste {self.chance.randrange(100, 400)}" if suite and self.one_in(2) else ""
        postal_code = self.chance.choice(town.zips)
        gated = self.one_in(12)
        self.sites.append(
            Site(
                uuid=self.new_uuid(),
                customer=customer,
                branch=customer.branch,
                name=name,
                street=street,
                unit=unit,
                city=town.name,
                state="TX",
                postal_code=postal_code,
                match_key=match_key(street, unit=unit, city=town.name, state="TX", postal_code=postal_code),
                latitude=self._near(town.latitude),
                longitude=self._near(town.longitude),
                coordinates_quality=CoordinatesQuality.STREET if len(street) % 9 else CoordinatesQuality.ZIP,
                address_standing=AddressStanding.STANDARDISED
                if len(self.sites) % 23
                else AddressStanding.AS_GIVEN,
                gate_code=f"#{self.chance.randrange(1000, 9999)}" if gated else "",
                access_notes=self.chance.choice(ACCESS) if gated or self.one_in(20) else "",
            )
        )

    def note(self, customer: Customer, body: str = "", *, pinned: bool = False) -> None:
        """Something remembered by the office."""
        self.notes.append(
            CustomerNote(
                uuid=self.new_uuid(),
                customer=customer,
                body=body or self.chance.choice(NOTES),
                is_pinned=pinned or self.one_in(12),
                author=self.author,
                author_name=str(self.author or ""),
            )
        )

    def call(self, customer: Customer) -> None:
        """A call of the last weeks."""
        at = self.world.now - timedelta(days=self.chance.randrange(2, 60), minutes=self.chance.randrange(500))
        self.messages.append(
            Communication(
                uuid=self.new_uuid(),
                customer=customer,
                channel=Channel.CALL,
                direction=self.chance.choice((Direction.IN, Direction.IN, Direction.OUT)),
                body=self.chance.choice(CALLS),
                state=DeliveryState.NOTED,
                created_at=at,
                settled_at=at,
            )
        )

    def _verified(self, digits: str) -> dict[str, Any]:
        """Two numbers of three were confirmed on the phone at some time."""
        if int(digits[-2:]) % 3 == 0:
            return {}
        at = self.world.now - timedelta(days=5 + int(digits[-2:]))
        return {"verified_at": at, "verified_by": self.author, "verified_how": "asked on the phone"}

    def save(self) -> None:
        """Number and insert everything, parents first."""
        for customer, number in zip(
            self.customers, counters.take("customer", count=len(self.customers)), strict=True
        ):
            customer.number = number
        for rows in (
            self.customers,
            self.contacts,
            self.phones,
            self.emails,
            self.sites,
            self.notes,
            self.messages,
        ):
            insert_with_history(rows)

    def _near(self, degrees: float) -> Decimal:
        return Decimal(f"{degrees + self.chance.uniform(-0.045, 0.045):.6f}")

    def _phone_numbers(self) -> Iterator[str]:
        """Numbers set aside for fiction, each as seldom twice as can be."""
        numbers = [f"{area}55501{end:02d}" for area in dict.fromkeys(AREA_CODES) for end in range(100)]
        self.chance.shuffle(numbers)
        return cycle(numbers)


@demo_part("customers")
@transaction.atomic
def build(world: DemoWorld) -> None:
    """About 900 customers with contacts, sites, notes, calls: `world.made["customers"]` and `["sites"]`."""
    maker = Maker(world)
    for _ in range(HOUSEHOLDS):
        maker.household()
    for _ in range(BUSINESSES):
        maker.business()
    for name in MANAGER_NAMES[:MANAGERS]:
        maker.manager(name)
    world.random.shuffle(maker.customers)
    for customer in maker.customers:
        if maker.one_in(12):
            maker.call(customer)
    maker.save()
    world.made["customers"] = maker.customers
    world.made["sites"] = maker.sites
    take_stock("customers")
    add_copies(world)
    add_extras(world)
    _count_the_past(world)
    world.say(f"{len(maker.customers)} customers with {len(maker.sites)} sites")


def _count_the_past(world: DemoWorld) -> None:
    """What the nightly count would have found in the last weeks, had the office been mending since then."""
    today = today_in("America/Chicago", world.now)
    count_quality(today)
    standing = list(QualityCount.objects.filter(day=today))
    QualityCount.objects.bulk_create(
        QualityCount(
            day=today - timedelta(days=ago),
            measure=row.measure,
            origin=row.origin,
            count=min(row.total, row.count + row.count * ago // 90 + (ago // 20 if row.count else 0)),
            total=row.total,
        )
        for row in standing
        for ago in range(1, 60)
    )
