package physics

// Largest power of a model, which is the energy of the largest order in an hour.
const maxKW = 10_000_000

// Params lists the parameters of a kind, in the order in which they are written.
// Unknown kinds have none.
func Params(kind Kind) []Param {
	switch kind {
	case Plant:
		return []Param{
			{Name: "base_kw", Max: maxKW},                                        // day and night
			{Name: "machines", Default: 10, Max: 500, Whole: true},               // that cycle in the shifts
			{Name: "machine_kw", Max: maxKW, Required: true},                     // of one that is on, on average
			{Name: "duty_share", Default: 0.7, Max: 1},                           // of a cycle that it is on
			{Name: "cycle_min", Default: 15, Min: 1, Max: 1440},                  // minutes
			{Name: "shifts", Default: 1, Min: 1, Max: 3, Whole: true},            // one after the other
			{Name: "shift_start_h", Default: 8, Max: 23.5},                       // of the first, local time
			{Name: "shift_h", Default: 8, Min: 1, Max: 24},                       // all shifts together at most 24
			{Name: "workdays_per_week", Default: 5, Min: 5, Max: 7, Whole: true}, // 7 works on holidays too
			{Name: "plan_variation_share", Default: 0.1, Min: 0, Max: 0.5},       // from day to day
		}
	case CHP:
		return []Param{
			{Name: "capacity_kw", Max: maxKW, Required: true},    // electrical
			{Name: "min_share", Default: 0.4, Max: 1},            // of capacity, when it runs
			{Name: "heat_led_share", Default: 0.5, Max: 1},       // the rest follows day and night
			{Name: "night_share", Default: 0.7, Max: 1},          // of capacity, 23 to 7 h
			{Name: "balance_c", Default: 16, Min: -20, Max: 40},  // no heat is needed above
			{Name: "design_c", Default: -28, Min: -60, Max: 20},  // all of it is needed at
			{Name: "maintenance_weekday", Max: 7, Whole: true},   // 1 Monday to 7 Sunday, 0 none
			{Name: "maintenance_start_h", Default: 9, Max: 23.5}, // local time
			{Name: "maintenance_h", Default: 4, Max: 24},         //
			{Name: "noise_share", Default: 0.015, Max: 0.2},      // of the output
		}
	case PV:
		return []Param{
			{Name: "peak_kw", Max: maxKW, Required: true},      // at 1000 W/m2 and 25 C
			{Name: "tilt_deg", Default: 30, Max: 90},           //
			{Name: "azimuth_deg", Default: 180, Max: 360},      // 180 looks south
			{Name: "performance_share", Default: 0.86, Max: 1}, // what wiring and inverter leave
		}
	case Wind:
		return []Param{
			{Name: "rated_kw", Max: maxKW, Required: true},
			{Name: "mean_speed_ms", Default: 6.8, Min: 0.5, Max: 20}, // at the hub
			{Name: "weibull_k", Default: 2, Min: 1, Max: 5},          //
			{Name: "diurnal_share", Default: 0.08, Max: 0.5},         // more in the afternoon, less at night
			{Name: "cut_in_ms", Default: 3, Min: 0.5, Max: 10},       //
			{Name: "rated_ms", Default: 12, Min: 5, Max: 25},         //
			{Name: "cut_out_ms", Default: 25, Min: 10, Max: 40},      //
		}
	case Sharing:
		return []Param{
			{Name: "posts", Min: 1, Max: 500, Whole: true, Required: true},
			{Name: "post_kw", Min: 0.01, Max: 1000, Required: true},         // of one post at most
			{Name: "session_kwh", Min: 0.01, Max: 1000, Required: true},     // on average
			{Name: "sessions_per_day", Min: 0, Max: 50_000, Required: true}, // on a working day
			{Name: "weekend_share", Default: 0.7, Max: 5},                   // sessions of a day off to those of a working day
			{Name: "morning_h", Default: 9, Max: 24},                        // local hours of the two peaks
			{Name: "evening_h", Default: 18, Max: 24},                       //
			{Name: "base_kw", Max: maxKW},                                   // light and controls
		}
	case Heating:
		return []Param{
			{Name: "heat_kw", Max: maxKW, Required: true},              // thermal, at design_c
			{Name: "water_kw", Max: maxKW},                             // thermal, hot water on average
			{Name: "balance_c", Default: 16, Min: -20, Max: 40},        // no heating above
			{Name: "design_c", Default: -28, Min: -60, Max: 20},        //
			{Name: "supply_c", Default: 50, Min: 25, Max: 90},          // of the heat network
			{Name: "carnot_share", Default: 0.45, Min: 0.1, Max: 0.9},  // of the ideal COP that is reached
			{Name: "units", Default: 4, Min: 1, Max: 100, Whole: true}, // heat pumps, staged
			{Name: "cycle_min", Default: 12, Min: 1, Max: 1440},        // of the one that is staged
			{Name: "pumps_kw", Max: maxKW},                             // circulation, day and night
		}
	case Weather:
		return []Param{
			{Name: "latitude_deg", Default: 55.75, Min: -90, Max: 90},
			{Name: "longitude_deg", Default: 37.62, Min: -180, Max: 180},
			{Name: "mean_c", Default: 5.8, Min: -30, Max: 40},         // over the year
			{Name: "seasonal_c", Default: 14, Max: 40},                // half the way from winter to summer
			{Name: "diurnal_c", Default: 3.5, Max: 20},                // half the way from night to day
			{Name: "noise_c", Default: 4, Max: 15},                    // standard deviation of the weather
			{Name: "cloud_share", Default: 0.6, Min: 0.01, Max: 0.99}, // of the sky, on average
		}
	}
	return nil
}
