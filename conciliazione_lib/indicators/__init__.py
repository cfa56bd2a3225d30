"""Pure functions: frames and arrays in, frames and arrays out; one module per family of methods.

**Population and territory**

- :mod:`.demography`: age bands and demographic indices, as ISTAT defines them, and the ratios that say how heavy care
  is.
- :mod:`.levels`: from comuni to the territories of every level: only those whose comuni are all known have a sum.
- :mod:`.projection`: population projection by cohort change ratios: the Hamilton-Perry method.
- :mod:`.prospects`: looking ahead: the generations already born, and the projection of a territory with its range.
- :mod:`.small_area_population`: population of small areas by age and sex, where only their totals and the age
  structure above them are known.
- :mod:`.small_area_errors`: how wrong the estimated ages of small areas are, and the range to give beside them.
- :mod:`.settlement`: how people are spread over a territory: comuni, surface, density, small comuni, altitude.
- :mod:`.comune_counts`: counts that a source gives comune by comune, summed by territory: births, foreigners,
  families, work, spending.

**Space and similarity**

- :mod:`.accessibility`: spatial access to services: floating catchments, travel times between comuni, reliance on
  neighbours.
- :mod:`.spatial`: where need clusters, and who resembles whom.
- :mod:`.neighbours`: statistical neighbours: the territories most alike, wherever they are.
- :mod:`.apportionment`: from provinces to territories that are not provinces: weights by resident population.

**Work and gender gaps**

- :mod:`.employment`: gender gaps in employment and pay, and the penalty of motherhood.
- :mod:`.labour_measures`: published measures of the labour market and of care, told in the words figures are broken
  down by.
- :mod:`.gap_estimates`: employment rates and gaps of provinces and ATS, with what is not known of them.
- :mod:`.pay`: pay of women and men in each ATS, from that of its provinces.
- :mod:`.panel`: short panels of provinces: fixed effects, trends, convergence.
- :mod:`.oaxaca`: oaxaca-Blinder decomposition on weighted microdata.
- :mod:`.working_parents`: how many children have parents who all work: bounds from margins that are published, where
  the joint rate is not.

**Services**

- :mod:`.services`: supply of services against the people they are for: coverage, gaps to norms, spread, public/private
  mix.
- :mod:`.service_gaps`: the six ways a service can be missing: where, for which age, when, at what cost, for which
  need, of which type.
- :mod:`.demand_supply`: demand and supply of services side by side, territory by territory: what the map of needs is
  made of.
- :mod:`.social_supply`: what public registers and accounts say of needs and supply without a list: commuters, incomes,
  spending, nurseries.
- :mod:`.supply_origin`: where the places of each comune were read: in the list of its ATS or, where there is none, in
  ISTAT's survey.

**Need, weights, ranks**

- :mod:`.need`: the composite index of conciliation need, with what it owes to choices that could have been otherwise.
- :mod:`.main_needs`: the few needs of a territory that a synopsis opens with, the surest first.
- :mod:`.composite`: composite index of need: the Adjusted Mazziotta-Pareto Index and what helps to read it.
- :mod:`.weighting`: territories weighed on several indicators, as Allegato C of DGR X/1081 does: shares, bounds,
  sensitivity.
- :mod:`.sensitivity`: how much a ranking depends on choices: Monte Carlo over the choices, and the share of variance
  each one makes.
- :mod:`.ranking`: ranks with their uncertainty: which positions a territory may really hold.

**Money**

- :mod:`.resources`: sharing an amount of money: exact apportionment in whole units, to the cent.
- :mod:`.allocation`: a rule of allocation as data: apply it, compare it with the amounts in force, see what its
  weights decide.
- :mod:`.amounts`: exact numbers and amounts of money: how they are read, checked and given back.
- :mod:`.resource_history`: what every territory was assigned, programme by programme, on today's ATS.

**Time plans, plans and their outcomes**

- :mod:`.time_plans`: city-time plans: who must have one, who has one, how much we do not know, and how good they are.
- :mod:`.time_plan_states`: the vocabulary of the *Piani territoriali degli orari*: states of a plan, priority areas,
  what each state tells.
- :mod:`.plan_vocabulary`: the words a plan is written in: who may be in it, what it may spend on, and the controls a
  rule may name.
- :mod:`.compliance`: does a plan keep the rules of its programme? Rules are data; each control is a small function
  that they name.
- :mod:`.monitoring`: progress of the indicators of a project, and what in their definition is missing or does not hold.
- :mod:`.outcomes`: results of questionnaires and indicators of progress: reliability, intervals, before and after,
  comparisons.
- :mod:`.repertoire`: the actions of the networks: what kind of action each one was.
- :mod:`.published`: series that a source publishes for whole territories: reported as they are, one column each.
- :mod:`.published_outcomes`: what acts and agencies published of the results of past plans: each number under the
  measure its unit makes it.
- :mod:`.published_services`: what others published of services: chosen, completed where arithmetic can, and told in
  the form of figures.

**Uncertainty, questionnaires, disclosure**

- :mod:`.uncertainty`: confidence intervals of proportions, counts and standardised rates.
- :mod:`.survey`: analysis of the questionnaires: who answered, what they said, how sure one can be.
- :mod:`.survey_tables`: what of the questionnaires may be published: each table for every territory at once, protected
  over all of them.
- :mod:`.survey_publication`: all that may be published of one questionnaire in one wave: every table, every territory,
  with its typed absences.
- :mod:`.disclosure`: statistical disclosure control of additive tables: which cells to hide, and whether hiding them
  is enough.
- :mod:`.protected`: from a cross-table of people or amounts to the one that may be published.
- :mod:`.scale_disclosure`: what published means and medians tell of hidden counts of answers on a scale.

Where there is uncertainty, results for whole frames have the limits and the method as columns
(:func:`.uncertainty.proportions`); where there is geometry they are GeoDataFrames.
"""

__all__ = [
    "accessibility",
    "allocation",
    "amounts",
    "apportionment",
    "compliance",
    "composite",
    "comune_counts",
    "demand_supply",
    "demography",
    "disclosure",
    "employment",
    "gap_estimates",
    "labour_measures",
    "levels",
    "main_needs",
    "monitoring",
    "need",
    "neighbours",
    "oaxaca",
    "outcomes",
    "panel",
    "pay",
    "plan_vocabulary",
    "projection",
    "prospects",
    "protected",
    "published",
    "published_outcomes",
    "published_services",
    "ranking",
    "repertoire",
    "resource_history",
    "resources",
    "scale_disclosure",
    "sensitivity",
    "service_gaps",
    "services",
    "settlement",
    "small_area_errors",
    "small_area_population",
    "social_supply",
    "spatial",
    "supply_origin",
    "survey",
    "survey_publication",
    "survey_tables",
    "time_plan_states",
    "time_plans",
    "uncertainty",
    "weighting",
    "working_parents",
]
