"""Invented customers, and the staff of the demo shop with their PINs."""

import random
from dataclasses import dataclass

from retail_core.domain.roles import Role


def words(text: str) -> tuple[str, ...]:
    """A list of words, written as one would read it."""
    return tuple(text.split())


FIRST_NAMES = words(
    "Ada Alma Amir Anton Ayla Bram Carla Chidi Clara Dario Dina Elin Elif Emil Enzo Farah Felix Freya Gita Hana Hugo Ida"
    " Ilya Ines Iris Ivo Jonas Jordan Jun Kai Karim Lara Lena Leo Lior Luca Maja Malik Mara Mateo Mila Mina Nadia Nils"
    " Noor Olga Omar Otis Paul Petra Priya Ravi Rosa Sami Sara Sven Tara Theo Tomas Vera Viktor Wim Yara Yusuf Zoe"
)
LAST_NAMES = (
    (
        "Abara Adler Alvarez Bakker Banerjee Bauer Becker Berg Bianchi Blom Brandt Cohen Costa Dahl Devries Demir Dubois"
        " Eriksen Fischer Flores Fontaine Garcia Georgiou Haas Haddad Hansen Horvath Ivanov Jansen Jensen Kaya Keller Khan"
        " Kim Kovacs Kowalski Laurent Lee Lindqvist Lopes Maier Marino Mendes Meyer Moreau Nagy Novak Okafor Olsen Papas"
        " Patel Pereira Peters Popescu Rossi Ruiz Santos Schmidt Silva Singh Smit Sorensen Tanaka Visser Vogel Weber Wolf"
    )
    .replace("De Vries", "De\u00a0Vries")
    .split(" ")
)


@dataclass(frozen=True)
class StaffMember:
    """Someone who can sign in at the tills of the demo shop."""

    operator_id: str
    name: str
    role: Role
    pin: str


STAFF = (
    StaffMember("op-ana", "Ana M.", Role.CASHIER, "1357"),
    StaffMember("op-ben", "Ben T.", Role.CASHIER, "1470"),
    StaffMember("op-priya", "Priya S.", Role.ASSOCIATE, "2468"),
    StaffMember("op-sam", "Sam K.", Role.MANAGER, "9753"),
)


def customer_name(household_id: int, seed: int) -> str:
    """The invented name of a household; the same for the same seed."""
    chance = random.Random(f"{seed}/{household_id}")
    return f"{chance.choice(FIRST_NAMES)} {chance.choice(LAST_NAMES)}"
