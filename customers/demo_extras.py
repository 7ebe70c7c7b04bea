"""What else the demo company keeps: who is what to a site, a house that was sold, tags, files."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from typing import Final

from PIL import Image, ImageDraw

from fsm.attribution import attributed
from fsm.demo import DemoWorld
from fsm.history import insert_with_history

from .actions import add_file, add_tag, sell_site
from .models import Contact, Customer, CustomerKind, Site, SiteRole, SiteRoleKind

LIMIT: Final = Decimal(500)  # as the managers' pinned note says
TAGS: Final = {"VIP": 37, "Dog in the yard": 29, "Wants a plan": 23, "Referred us": 61}
AGREEMENT: Final = (
    "Lone Star Comfort Air", "Service agreement", "Two visits a year: cooling in spring, heating in fall.",
    "Priority scheduling, ten percent off parts.",
)  # fmt: skip
EXEMPTION: Final = ("Texas sales and use tax", "Exemption certificate", "Religious or educational use.")


def add_extras(world: DemoWorld) -> None:
    """Roles at every managed site and a few houses, one sale, tags and files; no random numbers are drawn,
    so that the rest of the demo stays as it was.
    """
    with attributed(user=world.made["people"]["casey"]):
        insert_with_history([*_managed(world), *_rented(world)])
        _sell_one(world)
        customers = list(Customer.objects.living().filter(is_active=True).order_by("pk"))
        for tag, every in TAGS.items():
            for customer in customers[::every]:
                add_tag(customer.pk, tag=tag)
        _keep_files(customers, world)


def _managed(world: DemoWorld) -> list[SiteRole]:
    """At a property manager's house somebody of theirs approves what costs more."""
    ours = Contact.objects.filter(is_primary=True, customer__kind=CustomerKind.PROPERTY_MANAGER)
    approver = {contact.customer_id: contact for contact in ours}
    sites = Site.objects.filter(customer__in=approver).order_by("pk")
    return [
        SiteRole(
            site=site,
            kind=SiteRoleKind.APPROVER,
            customer_id=site.customer_id,
            contact=approver[site.customer_id],
            from_on=world.today - timedelta(days=200 + number * 7 % 900),
            not_to_exceed=LIMIT,
        )
        for number, site in enumerate(sites)
    ]


def _rented(world: DemoWorld) -> list[SiteRole]:
    """Some houses belong to somebody else, who pays and wants to be asked; who lives there lives there."""
    homes = list(Site.objects.filter(customer__kind=CustomerKind.HOUSEHOLD, name="").order_by("pk"))
    owners = Customer.objects.filter(kind=CustomerKind.PROPERTY_MANAGER, is_active=True).order_by("pk")
    rows = []
    for number, (site, owner) in enumerate(zip(homes[::40], [*owners, *owners], strict=False)):
        since = world.today - timedelta(days=90 + number * 61)
        rows += [
            SiteRole(
                site=site, kind=SiteRoleKind.OCCUPANT, customer=site.customer, from_on=since + timedelta(30)
            ),
            SiteRole(site=site, kind=SiteRoleKind.OWNER, customer=owner, from_on=since),
            SiteRole(
                site=site,
                kind=SiteRoleKind.APPROVER,
                customer=owner,
                from_on=since,
                not_to_exceed=LIMIT + 250 * (number % 3),
            ),
        ]
    return rows


def _sell_one(world: DemoWorld) -> None:
    """A second house that changed hands last month."""
    house = Site.objects.filter(name="Rental").order_by("pk").first()
    families = Customer.objects.filter(kind=CustomerKind.HOUSEHOLD, is_active=True).order_by("-pk")
    buyer = families.exclude(pk=house.customer_id).first() if house else None
    if house and buyer:
        day = world.today - timedelta(days=33)
        SiteRole.objects.create(
            site=house, kind=SiteRoleKind.OWNER, customer_id=house.customer_id, from_on=day - timedelta(1500)
        )
        sell_site(house.pk, to_customer_id=buyer.pk, on=day, now=world.now, leave_open_work=True)


def _keep_files(customers: list[Customer], world: DemoWorld) -> None:
    tenants = Customer.objects.filter(site_roles__kind=SiteRoleKind.OCCUPANT).order_by("pk")
    managers = [one for one in customers if one.kind == CustomerKind.PROPERTY_MANAGER]
    for number, customer in enumerate([*tenants, *managers[:4]]):
        then = world.now - timedelta(days=20 + 11 * number)
        page = _pdf((*AGREEMENT, customer.name))
        add_file(customer.pk, data=page, name="Service agreement.pdf", now=then)
        if number % 2 == 0:
            add_file(customer.pk, data=_photo(customer.name), name="Air handler in the attic.jpg", now=then)
    for customer in customers:
        if customer.tax_certificate:
            page = _pdf((*EXEMPTION, customer.name, customer.tax_certificate))
            add_file(customer.pk, data=page, name=f"Exemption {customer.tax_certificate}.pdf", now=world.now)


def _pdf(lines: tuple[str, ...]) -> bytes:
    """One page with these lines: the smallest PDF that every viewer opens."""
    safe = [line.encode("ascii", "replace").decode().translate({40: "[", 41: "]", 92: "/"}) for line in lines]
    drawn = "BT /F 16 Tf 72 720 Td 26 TL " + " ".join(f"({line}) Tj T*" for line in safe) + " ET"
    bodies = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        f"<</Length {len(drawn)}>>stream\n{drawn}\nendstream",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    text, places = "%PDF-1.4\n", []
    for number, body in enumerate(bodies, start=1):
        places.append(len(text))
        text += f"{number} 0 obj{body}endobj\n"
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    end = f"trailer<</Size {len(bodies) + 1}/Root 1 0 R>>\nstartxref\n{len(text)}\n%%EOF\n"
    return f"{text}xref\n0 {len(bodies) + 1}\n0000000000 65535 f \n{table}{end}".encode()


def _photo(words: str) -> bytes:
    """A picture of an air handler, drawn."""
    picture = Image.new("RGB", (800, 600), (122, 108, 92))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((180, 90, 620, 540), fill=(198, 202, 204), outline=(70, 74, 78), width=6)
    draw.rectangle((220, 140, 580, 300), fill=(176, 181, 184), outline=(96, 100, 104), width=3)
    draw.text((230, 420), words[:28], fill=(40, 44, 48), font_size=26)
    file = BytesIO()
    picture.save(file, "JPEG", quality=80)
    return file.getvalue()
